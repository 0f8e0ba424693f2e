import { sql } from 'kysely';
import { failedPrecondition, notFound } from '../call/failure.ts';
import { prepared } from '../database/prepared.ts';
import type { Queries } from '../database/queries.ts';
import { headOfWorkflows } from '../heads/head-query.ts';

/**
 * The present heads of two projects, which must be different ones below the same root. One statement.
 *
 * @throws Failure NOT_IN_WORKSPACE, PROJECT_NOT_FOUND
 */
export async function headsOfOneWorkspace(
  db: Queries,
  sourceId: string,
  targetId: string,
): Promise<Readonly<Record<'source' | 'target', string>>> {
  const { rows } = await prepared(
    'heads of workspace',
    sql<{ id: string; root: string | null; head: string }>`
    select id, project_root(id) as root,
           coalesce(p.head_hash, (select ${headOfWorkflows} from workflows w where w.project_id = p.id)) as head
    from projects p
    where id = any(${[sourceId, targetId]}::uuid[]) and deletion_started_at is null`,
  ).execute(db);
  const roots = new Map(rows.map(({ id, root }) => [id, root]));
  const headOf = (id: string) => rows.find((row) => row.id === id)?.head ?? '';
  const missing = [sourceId, targetId].find((id) => !roots.has(id));
  if (missing !== undefined) throw notFound('project', missing);
  const root = roots.get(sourceId);
  if (sourceId !== targetId && root !== null && root === roots.get(targetId))
    return { source: headOf(sourceId), target: headOf(targetId) };
  const message =
    sourceId === targetId
      ? `project ${sourceId} cannot be held against itself`
      : `projects ${sourceId} and ${targetId} are not of one workspace`;
  throw failedPrecondition(
    'NOT_IN_WORKSPACE',
    message,
    [...new Set([sourceId, targetId])].map((id) => ({
      type: 'NOT_IN_WORKSPACE',
      subject: `projects/${id}`,
      description: message,
    })),
  );
}
