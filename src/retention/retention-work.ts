import { sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import type { FileStore } from '../files/file-store.ts';
import type { LongWork } from '../operations/long-work.ts';
import { rowsBelow, rowsUpTo } from '../operations/rows-up-to.ts';
import { cutoffsOf } from './retention-periods.ts';
import { retentionSteps } from './retention-steps.ts';

/**
 * The work of operations of the kind `enforce_retention` (perform/1 `data_retention`).
 *
 * @param chunk most rows of a table that one batch deletes: ACTIVITY_CLEANUP_CHUNK_SIZE
 */
export function retentionWork(files: FileStore, chunk: number): (projectId: string) => LongWork {
  return (projectId) => ({
    steps: retentionSteps(projectId, files, chunk),
    count: (read) => dueRows(read, projectId),
  });
}

/** About how many rows are due: dataclips that something still needs count too, snapshots and steps do not. */
async function dueRows(read: Queries, projectId: string): Promise<number> {
  const cutoffs = await cutoffsOf(read, projectId, new Date());
  if (cutoffs === undefined) return 0;
  const { history, dataclips } = cutoffs;
  const ofProject = sql`project_id = ${projectId}`;
  const workOrders = sql`select id from work_orders where ${ofProject} and last_activity < ${history}`;
  const runs = rowsBelow(workOrders, 'runs', 'work_order_id');
  const due = [
    workOrders,
    runs,
    rowsBelow(runs, 'log_lines', 'run_id'),
    rowsBelow(runs, 'run_steps', 'run_id'),
    sql`select from dataclips where ${ofProject} and name is null and inserted_at < ${history}`,
    sql`select from dataclips where ${ofProject} and name is null and wiped_at is null
          and inserted_at >= ${history} and inserted_at < ${dataclips}`,
    sql`select from project_files where ${ofProject} and inserted_at < ${history}`,
  ];
  const { rows } = await sql<{ due: number }>`
    select (${sql.join(due.map(rowsUpTo), sql` + `)})::float8 as due`.execute(read);
  return rows[0]?.due ?? 0;
}
