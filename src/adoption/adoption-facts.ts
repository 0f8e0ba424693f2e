import { sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import { tellsOfRemoval } from './removed-here.ts';

/** Which of the users this service knows. */
export const usersHere = (db: Queries, ids: readonly string[]) => presentOf(db, 'users', ids);

/** Which of the workflows this service has. */
export const workflowsHere = (db: Queries, ids: readonly string[]) => presentOf(db, 'workflows', ids);

async function presentOf(
  db: Queries,
  table: 'users' | 'workflows',
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`
    select id from ${sql.table(table)} where id = any(${ids}::uuid[])`.execute(db);
  return new Set(rows.map(({ id }) => id));
}

/** Which of the projects were deleted here, or are being: the audit trail knows even after they are gone. */
export async function projectsDeletedHere(db: Queries, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`
    select given.id from unnest(${ids}::uuid[]) as given (id)
    where exists (
      select from audit_events where project_id = given.id and kind in ('project_deletion_started', 'project_deleted')
    ) and not exists (
      select from projects where id = given.id and deletion_started_at is null
    )`.execute(db);
  return new Set(rows.map(({ id }) => id));
}

/**
 * Of memberships, given as JSON texts, the ids of those that were ended here after they last changed there, and of which
 * the person has no other one here.
 */
export async function membersRemovedHere(db: Queries, rows: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows: removed } = await sql<{ id: string }>`
    select given.id
    from jsonb_to_recordset(${`[${rows.join(',')}]`}::jsonb)
      as given (id uuid, project_id uuid, user_id uuid, updated_at timestamptz)
    where not exists (
      select from project_users here where here.project_id = given.project_id and here.user_id = given.user_id
    ) and exists (
      select from audit_events
      where ${sql.raw(tellsOfRemoval('given.project_id', 'given.user_id'))} and inserted_at > given.updated_at
    )`.execute(db);
  return new Set(removed.map(({ id }) => id));
}
