import { sql } from 'kysely';
import { failedPrecondition, notFound } from '../call/failure.ts';
import type { Queries } from '../database/queries.ts';

/**
 * Requires that two projects are different ones below the same root.
 *
 * @throws Failure NOT_IN_WORKSPACE, PROJECT_NOT_FOUND
 */
export async function requireOneWorkspace(db: Queries, sourceId: string, targetId: string): Promise<void> {
  const { rows } = await sql<{ id: string; root: string | null }>`
    select id, project_root(id) as root from projects
    where id = any(${[sourceId, targetId]}::uuid[]) and deletion_started_at is null`.execute(db);
  const roots = new Map(rows.map(({ id, root }) => [id, root]));
  const missing = [sourceId, targetId].find((id) => !roots.has(id));
  if (missing !== undefined) throw notFound('project', missing);
  const root = roots.get(sourceId);
  if (sourceId !== targetId && root !== null && root === roots.get(targetId)) return;
  const message =
    sourceId === targetId
      ? `project ${sourceId} cannot be held against itself`
      : `projects ${sourceId} and ${targetId} are not of one workspace`;
  throw failedPrecondition(
    'NOT_IN_WORKSPACE',
    message,
    [sourceId, targetId].map((id) => ({
      type: 'NOT_IN_WORKSPACE',
      subject: `projects/${id}`,
      description: message,
    })),
  );
}
