import { sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import type { FileStore } from '../files/file-store.ts';
import { deleteExpiredFiles } from '../retention/delete-files.ts';
import { deleteWorkOrders } from '../retention/delete-work-orders.ts';
import { totalOf } from '../retention/deleted-rows.ts';
import { deletedRows, deleteOfProject } from './delete-of-project.ts';
import { deleteWorkflows } from './delete-workflows.ts';

/** Deletes the next rows of a project, at most `limit` of a table, and answers how many; 0: there are none. */
export type DeleteSome = (db: Queries, projectId: string, limit: number) => Promise<number>;

/**
 * Everything that belongs to a project, in an order in which no foreign key is in the way. Each finds its rows by an
 * index on the project. Memberships come last, the owner's not here: it goes with the project.
 */
export function projectContent(files: FileStore): readonly DeleteSome[] {
  return [
    deleteHistory,
    deleteOfProject('steps'),
    deleteDataclips,
    (db, projectId, limit) => deleteExpiredFiles(db, files, 'infinity', projectId, limit),
    deleteWorkflows,
    deleteOfProject('sandbox_lineage', { key: 'copy_id', projectId: 'sandbox_id' }),
    deleteHeads,
    deleteOfProject('collections'),
    deleteOfProject('keychain_credentials'),
    deleteOfProject('project_credentials'),
    deleteOfProject('webhook_auth_methods'),
    deleteOfProject('invitations'),
    deleteMembers,
  ];
}

/** Work orders with their runs, the steps that no other run needs, and their logs. */
async function deleteHistory(db: Queries, projectId: string, limit: number): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    select id from work_orders where project_id = ${projectId}
    order by inserted_at, id limit ${limit} for update`.execute(db);
  if (rows.length === 0) return 0;
  const ids = rows.map(({ id }) => id);
  return totalOf(await deleteWorkOrders(db, ids, limit));
}

/** With the steps that no run has and nobody knows the project of. */
async function deleteDataclips(db: Queries, projectId: string, limit: number): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    select id from dataclips where project_id = ${projectId} limit ${limit} for update`.execute(db);
  if (rows.length === 0) return 0;
  const ids = rows.map(({ id }) => id);
  const steps = await deletedRows(
    db,
    sql`delete from steps where id = any(array(
      select id from steps
      where input_dataclip_id = any(${ids}::uuid[]) or output_dataclip_id = any(${ids}::uuid[]) limit ${limit}
    ))`,
  );
  if (steps >= limit) return steps;
  return steps + (await deletedRows(db, sql`delete from dataclips where id = any(${ids}::uuid[])`));
}

async function deleteHeads(db: Queries, projectId: string, limit: number): Promise<number> {
  return await deletedRows(
    db,
    sql`delete from project_heads where project_id = ${projectId} and position = any(array(
      select position from project_heads where project_id = ${projectId} limit ${limit}
    ))`,
  );
}

async function deleteMembers(db: Queries, projectId: string, limit: number): Promise<number> {
  return await deletedRows(
    db,
    sql`delete from project_users where id = any(array(
      select id from project_users where project_id = ${projectId} and role <> 'owner' limit ${limit}
    ))`,
  );
}
