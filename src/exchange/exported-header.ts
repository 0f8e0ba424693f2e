import { sql } from 'kysely';
import { notFound } from '../call/failure.ts';
import type { Queries } from '../database/queries.ts';
import type { DocumentHeader } from './document.ts';
import { credentialKey, DuplicateKeyError, documentKey } from './write-keys.ts';

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
  const collections = await read.selectFrom('collections').select('name').where('project_id', '=', projectId).execute();
  const credentials = await read
    .selectFrom('project_credentials')
    .innerJoin('credentials', 'credentials.id', 'project_credentials.credential_id')
    .innerJoin('users', 'users.id', 'credentials.user_id')
    .select(['project_credentials.id', 'credentials.name', 'users.email'])
    .where('project_credentials.project_id', '=', projectId)
    .execute();
  const keyed = credentials.map(({ id, name, email }) => ({ id, key: credentialKey(email, name), name, owner: email }));
  return {
    header: {
      name: project.name,
      description: project.description,
      collections: collections.map(({ name }) => ({ key: documentKey(name), name })),
      credentials: keyed.map(({ key, name, owner }) => ({ key, name, owner })),
    },
    credentialKeys: new Map(keyed.map(({ id, key }) => [id, key])),
  };
}

/**
 * Refuses before the first byte is sent when two workflows, or two jobs of a workflow, would get one key.
 *
 * @throws {DuplicateKeyError} naming both
 */
export async function requireDistinctWorkflowKeys(read: Queries, projectId: string): Promise<void> {
  const { rows } = await sql<{ workflow: string | null; first: string; second: string }>`
    (select null as workflow, min(name) as first, max(name) as second
     from workflows where project_id = ${projectId} and deleted_at is null
     group by replace(name, ' ', '-') having count(*) > 1 limit 1)
    union all
    (select w.name, min(j.name), max(j.name)
     from workflows w join jobs j on j.workflow_id = w.id
     where w.project_id = ${projectId} and w.deleted_at is null
     group by w.id, replace(j.name, ' ', '-') having count(*) > 1 limit 1)`.execute(read);
  const [clash] = rows;
  if (clash === undefined) return;
  const where = clash.workflow === null ? 'workflows' : `workflows.${documentKey(clash.workflow)}.jobs`;
  const key = documentKey(clash.first);
  throw new DuplicateKeyError(where, { key, name: clash.first }, { key, name: clash.second });
}
