import { type RawBuilder, sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import { deleteUnneeded, isNeeded, type SharedTable } from './delete-unneeded.ts';
import { deleteWorkOrders } from './delete-work-orders.ts';
import type { DeletedRows } from './deleted-rows.ts';
import type { Look } from './in-passes.ts';

/** The moment and the id of a row; for a snapshot, its workflow and its lock_version. */
export type Key = readonly [string, string];

/** Deletes the next work orders whose last activity is past the period, or a part of what hangs on them. */
export async function deleteExpiredWorkOrders(
  db: Queries,
  cutoff: string,
  projectId: string,
  limit: number,
): Promise<DeletedRows> {
  const { rows } = await sql<{ id: string }>`
    select id from work_orders where project_id = ${projectId} and last_activity < ${cutoff}
    order by last_activity, id limit ${limit} for update`.execute(db);
  const ids = rows.map(({ id }) => id);
  return ids.length === 0 ? {} : await deleteWorkOrders(db, ids, limit);
}

/** Looks at the next dataclips past the period that have no name, and deletes those that nothing needs. */
export function deleteExpiredDataclips(
  db: Queries,
  cutoff: string,
  after: Key | undefined,
  projectId: string,
  limit: number,
): Promise<Look<Key>> {
  const isDue = sql`project_id = ${projectId} and name is null and inserted_at < ${cutoff}`;
  return deleteNextOfTime(db, 'dataclips', isDue, after, limit);
}

/** Looks at the next steps past the period, and deletes those that no run needs: a run that is gone has left them. */
export function deleteExpiredSteps(
  db: Queries,
  cutoff: string,
  after: Key | undefined,
  projectId: string,
  limit: number,
): Promise<Look<Key>> {
  const isDue = sql`project_id = ${projectId} and inserted_at < ${cutoff}`;
  return deleteNextOfTime(db, 'steps', isDue, after, limit);
}

/** Looks at the next snapshots, and deletes those that nothing needs and that are not the workflow as it is. */
export function deleteUnneededSnapshots(
  db: Queries,
  after: Key | undefined,
  projectId: string,
  limit: number,
): Promise<Look<Key>> {
  const [workflowId, lockVersion] = after ?? [null, null];
  return deleteNext(
    db,
    'workflow_snapshots',
    limit,
    sql`
      select it.id, it.lock_version = w.lock_version or ${isNeeded.workflow_snapshots} as needed,
             array[w.id::text, it.lock_version::text] as key
      from workflows w cross join lateral (
        select id, lock_version from workflow_snapshots
        where workflow_id = w.id and lock_version
          > case when w.id = ${workflowId}::uuid then ${lockVersion}::integer else -2147483648 end
        order by lock_version limit ${limit}
      ) it
      where w.project_id = ${projectId}
        and w.id >= coalesce(${workflowId}::uuid, '00000000-0000-0000-0000-000000000000')
      order by w.id, it.lock_version limit ${limit}`,
  );
}

/** In the order of an index on (project_id, inserted_at, id). */
function deleteNextOfTime(
  db: Queries,
  table: 'dataclips' | 'steps',
  isDue: RawBuilder<unknown>,
  after: Key | undefined,
  limit: number,
): Promise<Look<Key>> {
  const isAfter =
    after === undefined ? sql`true` : sql`(inserted_at, id) > (${after[0]}::timestamptz, ${after[1]}::uuid)`;
  return deleteNext(
    db,
    table,
    limit,
    sql`
      select id, ${isNeeded[table]} as needed, array[inserted_at::text, id::text] as key
      from ${sql.table(table)} it
      where ${isDue} and ${isAfter}
      order by inserted_at, id limit ${limit}`,
  );
}

/** @param next the next rows in the order of their keys, at most `limit` */
async function deleteNext(
  db: Queries,
  table: SharedTable,
  limit: number,
  next: RawBuilder<unknown>,
): Promise<Look<Key>> {
  const { rows } = await sql<{ id: string; needed: boolean; key: Key }>`${next}`.execute(db);
  const unneeded = rows.filter(({ needed }) => !needed).map(({ id }) => id);
  return {
    last: rows.length < limit ? undefined : rows.at(-1)?.key,
    deleted: await deleteUnneeded(db, table, unneeded),
  };
}
