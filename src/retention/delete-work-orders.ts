import { sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import { deleteUnneeded } from './delete-unneeded.ts';
import type { DeletedRows } from './deleted-rows.ts';

/**
 * Deletes work orders with all that hangs on them, from the leaves, or the next part of it: at most `limit` rows of
 * each table. Whoever calls again with the work orders that are still there comes to the end; `work_orders` of the
 * answer says how many are gone.
 *
 * The work orders must have been locked `for update` by the same transaction: so nobody adds a run to them. Relies on
 * the indexes behind the foreign keys. At most seven statements.
 */
export async function deleteWorkOrders(
  db: Queries,
  workOrderIds: readonly string[],
  limit: number,
): Promise<DeletedRows> {
  const { rows: runs } = await sql<{ id: string }>`
    select id from runs where work_order_id = any(${workOrderIds}::uuid[]) limit ${limit} for update`.execute(
    db,
  );
  const runIds = runs.map(({ id }) => id);

  const { numAffectedRows: lines = 0n } = await sql`
    delete from log_lines where id = any(array(
      select id from log_lines where run_id = any(${runIds}::uuid[]) limit ${limit}
    ))`.execute(db);
  if (Number(lines) === limit) return { log_lines: limit };

  const { rows: links } = await sql<{ step_id: string }>`
    delete from run_steps where id = any(array(
      select id from run_steps where run_id = any(${runIds}::uuid[]) limit ${limit}
    )) returning step_id`.execute(db);
  const stepIds = [...new Set(links.map(({ step_id }) => step_id))];
  const leaves = {
    log_lines: Number(lines),
    run_steps: links.length,
    steps: await deleteUnneeded(db, 'steps', stepIds),
  };
  if (links.length === limit) return leaves;

  await sql`delete from runs where id = any(${runIds}::uuid[])`.execute(db);
  if (runIds.length === limit) return { ...leaves, runs: limit };
  await sql`delete from work_orders where id = any(${workOrderIds}::uuid[])`.execute(db);
  return { ...leaves, runs: runIds.length, work_orders: workOrderIds.length };
}
