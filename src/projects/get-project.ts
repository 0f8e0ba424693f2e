import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { notFound } from '../call/failure.ts';
import type { Project } from '../gen/lightning/projects/v1/project_pb.ts';
import type {
  GetProjectRequest,
  GetProjectResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { headOf } from '../heads/head-query.ts';
import { allMembers } from '../members/member-query.ts';
import { projectMessage } from './project-message.ts';
import { shownProjects } from './shown-projects.ts';

/**
 * Reads one project with its direct parent (get_project/1, get_project!/1), and with all its members when
 * `include_members` is set (get_project_with_users!/1).
 */
export async function getProject(
  { id, includeMembers }: GetProjectRequest,
  call: Call,
): Promise<MessageInitShape<typeof GetProjectResponseSchema>> {
  const row = await call.access.project(id);
  if (row === undefined) throw notFound('project', id);
  const project = projectMessage(row, row.head_hash ?? (await headOf(call.read, row.id)));
  if (row.parent_id !== null) {
    const parent = await parentMessage(call, id, row.parent_id);
    if (parent !== undefined) project.parent = parent;
  }
  return { project, members: includeMembers ? await allMembers(call.read, id) : [] };
}

async function parentMessage(call: Call, childId: string, id: string): Promise<Project | undefined> {
  const row = await call.access.project(id);
  if (row === undefined) return undefined;
  const [parent] = await shownProjects(call, childId, [row]);
  return parent;
}
