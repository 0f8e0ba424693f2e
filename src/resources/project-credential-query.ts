import { sql } from 'kysely';
import type { PageKey } from '../call/page-token.ts';
import type { Queries } from '../database/queries.ts';

/** Uses of credentials in projects, with the credentials and their owners (project_credentials_query/1). */
export function projectCredentials(db: Queries) {
  return db
    .selectFrom('project_credentials')
    .innerJoin('credentials', 'credentials.id', 'project_credentials.credential_id')
    .innerJoin('users', 'users.id', 'credentials.user_id')
    .select([
      'project_credentials.id',
      'project_credentials.project_id',
      'project_credentials.credential_id',
      'project_credentials.inserted_at',
      'credentials.user_id',
      'credentials.name',
      'credentials.schema',
      'credentials.oauth_client_id',
      'credentials.inserted_at as credential_inserted_at',
      'credentials.updated_at as credential_updated_at',
      'users.email',
      'users.first_name',
      'users.last_name',
    ]);
}

/** What a page of a project's credentials depends on. */
export interface ProjectCredentialsPage {
  readonly projectId: string;
  /** Only those whose name begins with it; empty for all. */
  readonly namePrefix: string;
  /** Name and id of the last use before the page. */
  readonly after: PageKey | undefined;
  readonly limit: number;
}

/**
 * A page of a project's credentials, by name, then id of the use. Names are the credentials' own, so all uses of the
 * project are read, by the index on (project_id, …), and sorted: people attach them one by one.
 */
export function projectCredentialsPage(db: Queries, page: ProjectCredentialsPage) {
  const { projectId, namePrefix, after, limit } = page;
  return projectCredentials(db)
    .where('project_credentials.project_id', '=', projectId)
    .$if(namePrefix !== '', (query) =>
      query.where(sql<boolean>`starts_with(credentials.name, ${namePrefix})`),
    )
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(credentials.name, project_credentials.id) > (${after?.[0]}, ${after?.[1]}::uuid)`,
      ),
    )
    .orderBy('credentials.name')
    .orderBy('project_credentials.id')
    .limit(limit);
}
