import { notFound } from '../call/failure.ts';
import type { Queries } from '../database/queries.ts';
import type { DocumentHeader } from './document.ts';
import { credentialKey, documentKey } from './write-keys.ts';

/** The head of an exported document, and how jobs find their credential's key. */
export interface ExportedHeader {
  readonly header: DocumentHeader;
  /** By the id of the project credential. */
  readonly credentialKeys: ReadonlyMap<string, string>;
}

/** Reads what comes before the workflows: the project, its collections and its credentials with their owners. */
export async function exportedHeader(read: Queries, projectId: string): Promise<ExportedHeader> {
  const project = await read
    .selectFrom('projects')
    .select(['name', 'description'])
    .where('id', '=', projectId)
    .where('deletion_started_at', 'is', null)
    .executeTakeFirst();
  if (project === undefined) throw notFound('project', projectId);
  const collections = await read
    .selectFrom('collections')
    .select('name')
    .where('project_id', '=', projectId)
    .execute();
  const credentials = await read
    .selectFrom('project_credentials')
    .innerJoin('credentials', 'credentials.id', 'project_credentials.credential_id')
    .innerJoin('users', 'users.id', 'credentials.user_id')
    .select(['project_credentials.id', 'credentials.name', 'users.email'])
    .where('project_credentials.project_id', '=', projectId)
    .execute();
  const keyed = credentials.map(({ id, name, email }) => ({
    id,
    key: credentialKey(email, name),
    name,
    owner: email,
  }));
  return {
    header: {
      name: project.name,
      // An empty one says as little as none, and documents have one form for it.
      description: project.description === '' ? null : project.description,
      collections: collections.map(({ name }) => ({ key: documentKey(name), name })),
      credentials: keyed.map(({ key, name, owner }) => ({ key, name, owner })),
    },
    credentialKeys: new Map(keyed.map(({ id, key }) => [id, key])),
  };
}
