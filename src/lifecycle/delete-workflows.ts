import { sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import { deletedRows } from './delete-of-project.ts';

/** Workflows that are looked through at a time. */
const WORKFLOWS = 100;

/** What belongs to a workflow, leaves first. The webhook links of a trigger, a handful each, go with it. */
const PARTS = ['workflow_versions', 'workflow_snapshots', 'workflow_edges', 'triggers', 'jobs'];

/**
 * Deletes the next workflows of a project with all that belongs to them, soft-deleted ones too, or the next part of it:
 * at most `limit` rows of each table. Answers how many rows; 0 when the project has no workflows. Their history must be
 * gone. Relies on an index on workflow_id of each part.
 */
export async function deleteWorkflows(db: Queries, projectId: string, limit: number): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    select id from workflows where project_id = ${projectId} order by id
    limit ${Math.min(limit, WORKFLOWS)} for update`.execute(db);
  if (rows.length === 0) return 0;
  const ids = rows.map(({ id }) => id);
  let total = 0;
  for (const part of PARTS) {
    const from = sql.table(part);
    // A look into the index for each workflow: of all at once the planner might rather read the table.
    const deleted = await deletedRows(
      db,
      sql`delete from ${from} where id = any(array(
        select found.id from unnest(${ids}::uuid[]) as workflow (id) cross join lateral (
          select id from ${from} where workflow_id = workflow.id limit ${limit}
        ) found limit ${limit}
      ))`,
    );
    total += deleted;
    if (deleted >= limit) return total;
  }
  return total + (await deletedRows(db, sql`delete from workflows where id = any(${ids}::uuid[])`));
}
