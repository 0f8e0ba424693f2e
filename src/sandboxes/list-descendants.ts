import type { MessageInitShape } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import { page, pageSize, readPageToken } from '../call/page-token.ts';
import { qualifiedProjectColumns } from '../database/project-row.ts';
import type { Queries } from '../database/queries.ts';
import type {
  ListDescendantsRequest,
  ListDescendantsResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { requireProject } from '../projects/project-query.ts';
import { shownProjects } from '../projects/shown-projects.ts';
import { brokenChain } from './parent-cycle.ts';

/**
 * Lists everything below a project: by depth, then name, then id. Each page walks the tree with one query.
 */
export async function listDescendants(
  request: ListDescendantsRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListDescendantsResponseSchema>> {
  const size = pageSize(request);
  const projectId = request.projectId.toLowerCase();
  const list = ['ListDescendants', projectId];
  const start = readPageToken(request, list, ['integer', 'text', 'uuid']);

  let query = descendants(call.read, projectId)
    .orderBy('below.depth')
    .orderBy('projects.name')
    .orderBy('projects.id')
    .limit(size + 1);
  if (start !== undefined) {
    const [depth, name, id] = start;
    query = query.where(
      sql<boolean>`(below.depth, projects.name, projects.id) > (${depth}::int, ${name}, ${id}::uuid)`,
    );
  }
  const found = await query.execute();
  if (found.some((row) => row.circular)) throw await brokenChain(call.read, projectId);
  if (found.length === 0) await requireProject(call.read, projectId);

  const { rows, nextPageToken } = page(found, size, list, (row) => [row.depth, row.name, row.id]);
  return { projects: await shownProjects(call, projectId, rows), nextPageToken };
}

/**
 * The projects below one, with their depth. Every project has one parent, so whoever walks down comes to a
 * project twice only when the first one stands below itself: the walk ends there, and the rows are marked
 * circular. Relies on the index on parent_id.
 */
function descendants(db: Queries, projectId: string) {
  return db
    .withRecursive('below(id, depth)', (tree) =>
      tree
        .selectFrom('projects')
        .select(['id', sql<number>`1`.as('depth')])
        .where('parent_id', '=', projectId)
        .unionAll(
          tree
            .selectFrom('projects as child')
            .innerJoin('below', 'below.id', 'child.parent_id')
            .select(['child.id', sql<number>`below.depth + 1`.as('depth')])
            .where('below.id', '<>', projectId),
        ),
    )
    .selectFrom('below')
    .innerJoin('projects', 'projects.id', 'below.id')
    .select([...qualifiedProjectColumns, 'below.depth'])
    .select((row) =>
      row
        .exists(row.selectFrom('below as again').select('again.id').where('again.id', '=', projectId))
        .as('circular'),
    )
    .where('projects.deletion_started_at', 'is', null);
}
