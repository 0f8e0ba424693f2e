import { sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import { emailKey } from './email-key.ts';
import type { UserFacts } from './user-message.ts';

/** The rows of people, with all that {@link UserRow} holds. */
export function users(db: Queries) {
  return db
    .selectFrom('users')
    .select([
      'id',
      'email',
      'first_name',
      'last_name',
      'role',
      'support_user',
      'disabled',
      'placeholder',
      'inserted_at',
      'updated_at',
    ]);
}

/**
 * The rows of the people named, and of whoever else has one of their addresses. Relies on the primary key and on
 * `users_email_index`.
 */
export function usersAndNamesakes(db: Queries, named: readonly Pick<UserFacts, 'id' | 'email'>[]) {
  const ids = named.map(({ id }) => id);
  const addresses = named.map(({ email }) => emailKey(email));
  return users(db)
    .where(sql<boolean>`(id = any(${ids}::uuid[]) or lower(email) = any(${addresses}::text[]))`)
    .orderBy('id');
}
