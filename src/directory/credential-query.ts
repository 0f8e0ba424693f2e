import type { Queries } from '../database/queries.ts';

/** The rows of credentials, with all that a `CredentialRow` holds. */
export function credentials(db: Queries) {
  return db
    .selectFrom('credentials')
    .select(['id', 'user_id', 'name', 'schema', 'oauth_client_id', 'inserted_at', 'updated_at']);
}
