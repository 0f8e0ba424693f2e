import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { codeBytesOf } from '../workflows/code-bytes.ts';
import { storedWorkflows } from '../workflows/stored-workflows.ts';
import { workflowBatches } from '../workflows/workflow-batches.ts';
import { refreshHeads } from './head-query.ts';
import { recordStates } from './record-states.ts';

/**
 * Takes down that workflows lost something that does not belong into them any more, by statements that write their rows
 * directly: each that is not deleted gets its next lock_version, a version and a snapshot, and their projects, which must
 * be locked, their heads. Without it a merge would put back what was lost.
 *
 * Nobody edited them: each is told as a loss, too, which no merge takes from there or from a copy. Memory holds a batch
 * of {@link workflowBatches}, or the largest workflow.
 */
export async function recordLosses(
  unit: UnitOfWork,
  projectIds: readonly string[],
  workflowIds: readonly string[],
): Promise<void> {
  if (workflowIds.length === 0) return;
  const sizes = await codeBytesOf(unit.db, workflowIds);
  for await (const lost of workflowBatches(sizes, ({ bytes }) => bytes)) {
    const batch = lost.map(({ id }) => id);
    const { rows } = await sql<Lost>`
      update workflows set lock_version = lock_version + 1, updated_at = ${unit.now}
      where id = any(${batch}::uuid[]) and deleted_at is null
      returning id, version_hash as hash`.execute(unit.db);
    const workflows = await storedWorkflows(
      unit.db,
      rows.map(({ id }) => id),
    );
    await recordStates(unit, 'app', workflows);
    await tellLosses(unit, rows);
  }
  await refreshHeads(unit.db, projectIds);
}

interface Lost {
  readonly id: string;
  /** Of its version before. */
  readonly hash: string | null;
}

async function tellLosses(unit: UnitOfWork, lost: readonly Lost[]): Promise<void> {
  await sql`
    insert into workflow_losses (workflow_id, lock_version, hash, previous_hash, inserted_at)
    select w.id, w.lock_version, w.version_hash, lost.hash, ${unit.now.toISOString()}
    from unnest(${lost.map(({ id }) => id)}::uuid[], ${lost.map(({ hash }) => hash)}::text[]) as lost (id, hash)
    join workflows w on w.id = lost.id`.execute(unit.db);
}
