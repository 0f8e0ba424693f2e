import { sql } from 'kysely';
import { Failure, notFound } from '../call/failure.ts';
import type { Queries } from '../database/queries.ts';

/** A project and what stands above it. */
export interface ParentLink {
  readonly id: string;
  readonly parent_id: string | null;
}

/**
 * Why a walk up from a project does not end at a root that can be shown: INTERNAL PARENT_CYCLE with the ids
 * of the circle, or NOT_FOUND when there is no such project or it is being deleted together with its root.
 */
export async function brokenChain(db: Queries, projectId: string): Promise<Failure> {
  const { rows } = await sql<ParentLink>`
    with recursive above as (
      select id, parent_id from projects where id = ${projectId}
      union
      select parent.id, parent.parent_id from projects parent join above on parent.id = above.parent_id
    )
    select id, parent_id from above`.execute(db);
  const ids = circle(rows, projectId);
  if (ids.length === 0) return notFound('project', projectId);
  return new Failure(
    'internal',
    'PARENT_CYCLE',
    `the parents of project ${projectId} run in a circle: ${ids.join(', ')}; set parent_id of one of them right`,
    { metadata: { project_ids: ids.join(',') }, resource: { type: 'project', name: projectId } },
  );
}

/**
 * The ids that a walk up from `start` comes to again and again, in the order of the walk; none when it ends.
 */
export function circle(links: readonly ParentLink[], start: string): string[] {
  const parents = new Map(links.map(({ id, parent_id }) => [id, parent_id]));
  const path: string[] = [];
  for (let id: string | null | undefined = start; id != null; id = parents.get(id)) {
    const before = path.indexOf(id);
    if (before >= 0) return path.slice(before);
    path.push(id);
  }
  return [];
}
