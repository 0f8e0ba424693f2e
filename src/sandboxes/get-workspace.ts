import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { notFound } from '../call/failure.ts';
import type {
  GetWorkspaceRequest,
  GetWorkspaceResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { visibleProjects } from '../projects/project-query.ts';
import { shownProjects } from '../projects/shown-projects.ts';

/** Reads a project and its direct sandboxes, by name, then id (get_workspace_projects/1). */
export async function getWorkspace(
  request: GetWorkspaceRequest,
  call: Call,
): Promise<MessageInitShape<typeof GetWorkspaceResponseSchema>> {
  const id = request.projectId.toLowerCase();
  const rows = await visibleProjects(call.read)
    .where((where) => where.or([where('projects.id', '=', id), where('projects.parent_id', '=', id)]))
    .orderBy('projects.name')
    .orderBy('projects.id')
    .execute();
  if (!rows.some((row) => row.id === id)) throw notFound('project', id);
  return { projects: await shownProjects(call, id, rows) };
}
