import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { storedWorkflows } from '../exchange/stored-workflows.ts';
import { refreshHeads } from './head-query.ts';
import { recordSnapshots } from './record-snapshots.ts';
import { recordVersions } from './record-versions.ts';
import { workflowHash } from './workflow-hash.ts';

/** Workflows that are in memory together. */
const BATCH = 100;

/**
 * Takes down that workflows were changed in place, by statements that write their rows directly: each that is not
 * deleted gets its next lock_version, a version and a snapshot, and their projects, which must be locked, their heads.
 * Without it a merge would take the change for none.
 */
export async function recordEdits(
  unit: UnitOfWork,
  projectIds: readonly string[],
  workflowIds: readonly string[],
): Promise<void> {
  for (let start = 0; start < workflowIds.length; start += BATCH) {
    const { rows } = await sql<{ id: string }>`
      update workflows set lock_version = lock_version + 1, updated_at = ${unit.now}
      where id = any(${workflowIds.slice(start, start + BATCH)}::uuid[]) and deleted_at is null
      returning id`.execute(unit.db);
    const ids = rows.map(({ id }) => id);
    const workflows = await storedWorkflows(unit.db, ids);
    const versions = [...workflows].map(([workflowId, workflow]) => ({
      workflowId,
      hash: workflowHash(workflow),
    }));
    await recordVersions(unit, 'app', versions);
    await recordSnapshots(unit, ids);
  }
  if (workflowIds.length > 0) await refreshHeads(unit.db, projectIds);
}
