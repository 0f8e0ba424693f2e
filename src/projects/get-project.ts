import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { notFound } from '../call/failure.ts';
import type { GetProjectRequest, GetProjectResponseSchema } from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { allMembers } from '../members/member-query.ts';
import { projectMessages } from './project-message.ts';
import { visibleProjects } from './project-query.ts';

/**
 * Reads one project with its direct parent (get_project/1, get_project!/1), and with all its members when
 * `include_members` is set (get_project_with_users!/1).
 */
export async function getProject(
  { id, includeMembers }: GetProjectRequest,
  call: Call,
): Promise<MessageInitShape<typeof GetProjectResponseSchema>> {
  const rows = await visibleProjects(call.read)
    .where((where) =>
      where.or([
        where('projects.id', '=', id),
        where('projects.id', '=', where.selectFrom('projects as own').select('own.parent_id').where('own.id', '=', id)),
      ]),
    )
    .execute();
  const messages = await projectMessages(call.read, rows);
  const project = messages.find((message) => message.id === id.toLowerCase());
  if (project === undefined) throw notFound('project', id);
  const parent = messages.find((message) => message.id === project.parentId);
  if (parent !== undefined) project.parent = parent;
  return { project, members: includeMembers ? await allMembers(call.read, id) : [] };
}
