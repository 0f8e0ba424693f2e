import { sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import { emailKey } from '../directory/email-key.ts';

/** A credential, whosever it is. */
export interface KnownCredential {
  readonly credentialId: string;
  readonly userId: string;
  readonly name: string;
  readonly email: string;
}

/** One of a project's credentials. */
export interface AttachedCredential extends KnownCredential {
  readonly projectCredentialId: string;
}

/**
 * The credentials of these names that belong to people of these addresses, or to one user, the oldest first. Relies on
 * `users_email_index` and on the index of credentials by user and name.
 */
export async function knownCredentials(
  read: Queries,
  asked: {
    readonly owners: readonly string[];
    readonly names: readonly string[];
    readonly userId: string | null;
  },
): Promise<KnownCredential[]> {
  const owners = [...new Set(asked.owners.map(emailKey))];
  const names = [...new Set(asked.names)];
  const { rows } = await sql<KnownCredential>`
    select c.id as "credentialId", c.user_id as "userId", c.name, u.email
    from users u join credentials c on c.user_id = u.id
    where (lower(u.email) = any(${owners}::text[]) or u.id = ${asked.userId}::uuid)
      and c.name = any(${names}::text[])
    order by c.id`.execute(read);
  return rows;
}

/** All credentials of a project, the oldest first. */
export async function attachedCredentials(read: Queries, projectId: string): Promise<AttachedCredential[]> {
  return await read
    .selectFrom('project_credentials as pc')
    .innerJoin('credentials as c', 'c.id', 'pc.credential_id')
    .innerJoin('users as u', 'u.id', 'c.user_id')
    .select([
      'pc.id as projectCredentialId',
      'c.id as credentialId',
      'c.user_id as userId',
      'c.name',
      'u.email',
    ])
    .where('pc.project_id', '=', projectId)
    .orderBy('c.id')
    .execute();
}
