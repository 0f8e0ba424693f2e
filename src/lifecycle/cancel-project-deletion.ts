import type { MessageInitShape } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import { checkEtag, etagOf } from '../call/etag.ts';
import { notFound } from '../call/failure.ts';
import { toDate } from '../database/timestamp.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type {
  CancelProjectDeletionRequest,
  CancelProjectDeletionResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { mailDeletionCancelled } from '../mail/deletion-cancelled.ts';
import { readProject } from '../projects/project-query.ts';
import { type LockedProject, lockedSubtree } from './locked-subtree.ts';
import { refuseBelowPending } from './refuse-below-pending.ts';
import { countOf, restoreTriggers, type Switched } from './switch-triggers.ts';

/**
 * Takes back what scheduling a project did to it and to everything below it (cancel_scheduled_deletion/1); what has its
 * date from a scheduling of its own keeps it. One transaction.
 */
export async function cancelProjectDeletion(
  { id, etag, restoreTriggers: enable }: CancelProjectDeletionRequest,
  call: Call,
): Promise<MessageInitShape<typeof CancelProjectDeletionResponseSchema>> {
  return await call.change(async (unit) => {
    const [top, ...below] = await lockedSubtree(unit, id);
    if (top === undefined || top.deletion_started_at !== null) throw notFound('project', id);
    checkEtag(etag, etagOf(top.id, top.lock_version));
    if (top.scheduled_deletion === null)
      return { project: await readProject(unit.db, id), restoredTriggerCount: 0 };
    await refuseBelowPending(unit, top.id);

    const dated = below.filter((project) => project.scheduled_deletion_root_id === top.id);
    const ids = [top, ...dated].map((project) => project.id);
    await sql`
      update projects set
        scheduled_deletion = null, scheduled_deletion_root_id = null,
        lock_version = lock_version + 1, updated_at = ${unit.now}
      where id = any(${ids}::uuid[])`.execute(unit.db);
    const restored = await restoreTriggers(unit, ids, enable);

    const eventId = tell(unit, top, restored);
    for (const project of dated) tell(unit, project, restored);
    const cancelled = { projectId: top.id, actorId: call.actorId, restoreTriggers: enable };
    await mailDeletionCancelled(unit, eventId, cancelled);
    return { project: await readProject(unit.db, id), restoredTriggerCount: countOf(restored) };
  });
}

function tell(unit: UnitOfWork, { id, scheduled_deletion: date }: LockedProject, restored: Switched): string {
  return unit.record({
    kind: 'project_deletion_cancelled',
    projectId: id,
    itemType: 'project',
    itemId: id,
    changes: {
      scheduled_deletion: { before: date && toDate(date), after: null },
      restored_triggers: { after: restored.get(id) ?? 0 },
    },
  });
}
