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
    deleteStrayedSteps,
    deleteOfProject('dataclips'),
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

/** Rows that are deleted for each work order that is locked for it: most have a run with a log. */
const ROWS_OF_A_WORK_ORDER = 10;

/** Work orders with their runs, the steps that no other run needs, and their logs. */
async function deleteHistory(db: Queries, projectId: string, limit: number): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    select id from work_orders where project_id = ${projectId}
    order by inserted_at, id limit ${Math.ceil(limit / ROWS_OF_A_WORK_ORDER)} for update`.execute(db);
  if (rows.length === 0) return 0;
  const ids = rows.map(({ id }) => id);
  return totalOf(await deleteWorkOrders(db, ids, limit));
}

/**
 * Steps that no run has and nobody knows the project of, where they use a dataclip of the project. Reads all such steps,
 * which are few: `steps_without_project_index`.
 */
async function deleteStrayedSteps(db: Queries, projectId: string, limit: number): Promise<number> {
  return await deletedRows(
    db,
    sql`delete from steps where id = any(array(
      select steps.id from steps where project_id is null and exists (
        select from dataclips
        where dataclips.id in (input_dataclip_id, output_dataclip_id) and dataclips.project_id = ${projectId}
      ) limit ${limit}
    ))`,
  );
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
