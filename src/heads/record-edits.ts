import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { storedWorkflows } from '../exchange/stored-workflows.ts';
import { APART } from '../merging/bases.ts';
import { isAtMark } from '../merging/lineage.ts';
import { type Settled, settle } from '../merging/move-bases.ts';
import { refreshHeads } from './head-query.ts';
import { recordStates } from './record-states.ts';

/** Workflows that are in memory together. */
const BATCH = 100;

/**
 * Takes down that workflows lost something that does not belong into them any more, by statements that write their rows
 * directly: each that is not deleted gets its next lock_version, a version and a snapshot, and their projects, which must
 * be locked, their heads. Without it a merge would put back what was lost.
 *
 * Nobody edited them: what a sandbox lost is settled with what it is a copy of, and no merge takes it from there.
 */
export async function recordEdits(
  unit: UnitOfWork,
  projectIds: readonly string[],
  workflowIds: readonly string[],
): Promise<void> {
  for (let start = 0; start < workflowIds.length; start += BATCH) {
    const batch = workflowIds.slice(start, start + BATCH);
    const untouched = await untouchedCopies(unit, batch);
    const { rows } = await sql<{ id: string }>`
      update workflows set lock_version = lock_version + 1, updated_at = ${unit.now}
      where id = any(${batch}::uuid[]) and deleted_at is null
      returning id`.execute(unit.db);
    const workflows = await storedWorkflows(
      unit.db,
      rows.map(({ id }) => id),
    );
    await recordStates(unit, 'app', workflows);
    await settle(unit, untouched, APART);
  }
  if (workflowIds.length > 0) await refreshHeads(unit.db, projectIds);
}

/** Those that stand where they were last the same as what they are copies of, each with that. */
async function untouchedCopies(unit: UnitOfWork, ids: readonly string[]): Promise<readonly Settled[]> {
  const { rows } = await sql<Settled>`
    select copy.id as "sourceId", l.source_id as "targetId"
    from workflows copy
    join sandbox_lineage l on l.copy_id = copy.id
    where copy.id = any(${ids}::uuid[]) and ${isAtMark(sql`copy`, sql`l.copy`)}`.execute(unit.db);
  return rows;
}
