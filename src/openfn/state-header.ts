import { notFound } from '../call/failure.ts';
import { projectColumns } from '../database/project-row.ts';
import type { Queries } from '../database/queries.ts';
import { toDate } from '../database/timestamp.ts';
import { attachedCredentials } from '../exchange/known-credentials.ts';

/** What a project's state tells besides its workflows, under the names that Lightning gives it. */
export type StateHeader = Readonly<Record<string, unknown>>;

/**
 * Reads a project as the provisioning API shows it: its columns, collections and credentials.
 *
 * @throws Failure PROJECT_NOT_FOUND
 */
export async function stateHeader(read: Queries, projectId: string): Promise<StateHeader> {
  const project = await read
    .selectFrom('projects')
    .select(projectColumns)
    .where('id', '=', projectId)
    .where('deletion_started_at', 'is', null)
    .executeTakeFirst();
  if (project === undefined) throw notFound('project', projectId);
  const { head_hash: _head, lock_version: _version, ...columns } = project;
  const collections = await read
    .selectFrom('collections')
    .select(['id', 'name'])
    .where('project_id', '=', projectId)
    .orderBy('inserted_at')
    .orderBy('id')
    .execute();
  const credentials = await attachedCredentials(read, projectId);
  return {
    ...columns,
    scheduled_deletion: project.scheduled_deletion === null ? null : isoTime(project.scheduled_deletion),
    inserted_at: isoTime(project.inserted_at),
    updated_at: isoTime(project.updated_at),
    collections,
    project_credentials: credentials.map(({ projectCredentialId: id, name, email: owner }) => ({
      id,
      name,
      owner,
    })),
  };
}

/** A moment of the database as JSON has it, to the millisecond. */
export function isoTime(text: string): string {
  return toDate(text).toISOString();
}
