import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { qualifiedProjectColumns } from '../database/project-row.ts';
import type {
  GetRootProjectRequest,
  GetRootProjectResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { shownProjects } from '../projects/shown-projects.ts';
import { brokenChain } from './parent-cycle.ts';

/**
 * Reads the root above a project, at any depth (root_of/1). The walk passes no project twice, so that it ends
 * also where parents run in a circle.
 */
export async function getRootProject(
  request: GetRootProjectRequest,
  call: Call,
): Promise<MessageInitShape<typeof GetRootProjectResponseSchema>> {
  const id = request.projectId.toLowerCase();
  const rows = await call.read
    .withRecursive('above(id, parent_id)', (db) =>
      db
        .selectFrom('projects')
        .select(['id', 'parent_id'])
        .where('id', '=', id)
        .union(
          db
            .selectFrom('projects as parent')
            .innerJoin('above', 'above.parent_id', 'parent.id')
            .select(['parent.id', 'parent.parent_id']),
        ),
    )
    .selectFrom('above')
    .innerJoin('projects', 'projects.id', 'above.id')
    .select(qualifiedProjectColumns)
    .where('above.parent_id', 'is', null)
    .where('projects.deletion_started_at', 'is', null)
    .execute();
  const [project] = await shownProjects(call, id, rows);
  if (project === undefined) throw await brokenChain(call.read, id);
  return { project };
}
