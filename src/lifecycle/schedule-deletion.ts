import { sql } from 'kysely';
import { checkEtag, etagOf } from '../call/etag.ts';
import { notFound } from '../call/failure.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { mailDeletionScheduled } from '../mail/deletion-scheduled.ts';
import { deletionDate } from './deletion-date.ts';
import { lockedSubtree } from './locked-subtree.ts';
import { countOf, disableTriggers, type Switched } from './switch-triggers.ts';

/** What a scheduling did, in numbers. */
export interface Scheduled {
  readonly projects: number;
  readonly triggers: number;
}

/**
 * Gives a project and everything below it a date of deletion, except what has one, disables their triggers and mails
 * the project's members (schedule_project_deletion/1). The triggers that it disables are marked, for a cancellation to
 * enable them again. No workflow gets a new version by it: nobody edited one.
 *
 * @param etag of the project; empty: no check
 * @param afterDays PURGE_DELETED_AFTER_DAYS
 * @throws NOT_FOUND, ABORTED ETAG_MISMATCH
 */
export async function scheduleDeletion(
  unit: UnitOfWork,
  projectId: string,
  etag: string,
  afterDays: number | undefined,
): Promise<Scheduled> {
  const [top, ...below] = await lockedSubtree(unit, projectId);
  if (top === undefined || top.deletion_started_at !== null) throw notFound('project', projectId);
  checkEtag(etag, etagOf(top.id, top.lock_version));
  const ids = [top, ...below]
    .filter((project) => project.scheduled_deletion === null && project.deletion_started_at === null)
    .map(({ id }) => id);
  if (ids.length === 0) return { projects: 0, triggers: 0 };

  const date = deletionDate(unit.now, afterDays);
  await sql`
    update projects set
      scheduled_deletion = ${date}, scheduled_deletion_root_id = ${top.id},
      lock_version = lock_version + 1, updated_at = ${unit.now}
    where id = any(${ids}::uuid[])`.execute(unit.db);
  const disabled = await disableTriggers(unit, ids);

  const happened = new Map(ids.map((id) => [id, tell(unit, id, date, disabled)]));
  const eventId = happened.get(top.id);
  if (eventId !== undefined) await mailDeletionScheduled(unit, eventId, top.id);
  return { projects: ids.length, triggers: countOf(disabled) };
}

function tell(unit: UnitOfWork, id: string, date: Date, disabled: Switched): string {
  return unit.record({
    kind: 'project_deletion_scheduled',
    projectId: id,
    itemType: 'project',
    itemId: id,
    changes: {
      scheduled_deletion: { before: null, after: date },
      disabled_triggers: { after: disabled.get(id) ?? 0 },
    },
  });
}
