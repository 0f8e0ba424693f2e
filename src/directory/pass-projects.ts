import { type RawBuilder, sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import { emailKey } from './email-key.ts';

/**
 * Waits until what is under way in projects has ended, and holds nothing afterwards. For who locks the directory next, and
 * then these: nobody else is to wait at the directory for as long as an import takes.
 *
 * @param db outside a transaction
 * @param projectIds a query of their ids
 */
export async function passProjects(db: Queries, projectIds: RawBuilder<unknown>): Promise<void> {
  await sql`select from projects where id in (${projectIds}) order by id for no key update`.execute(db);
}

/** {@link passProjects} for who takes over the placeholders with one of the addresses: the projects that they are in. */
export async function passProjectsOfPlaceholders(
  db: Queries,
  people: readonly { readonly email: string }[],
): Promise<void> {
  const keys = people.map(({ email }) => emailKey(email));
  await passProjects(
    db,
    sql`select project_id from project_users join users on users.id = user_id
        where placeholder and lower(email) = any(${keys}::text[])`,
  );
}
