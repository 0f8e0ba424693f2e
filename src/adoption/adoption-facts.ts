import { sql } from 'kysely';
import type { Queries } from '../database/queries.ts';

/** Which of the users this service knows. */
export async function usersHere(db: Queries, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`
    select id from users where id = any(${ids}::uuid[])`.execute(db);
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
