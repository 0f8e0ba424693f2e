import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { page, pageSize, readPageToken } from '../call/page-token.ts';
import type {
  ListUserProjectsRequest,
  ListUserProjectsResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { projectMessages } from './project-message.ts';
import { readViewer, userProjectsByName } from './user-project-query.ts';

/**
 * Lists a person's projects by name, those seen through support access included (get_projects_for_user/1,
 * projects_for_user_query/1).
 */
export async function listUserProjects(
  request: ListUserProjectsRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListUserProjectsResponseSchema>> {
  const size = pageSize(request);
  const viewer = await readViewer(call, request.userId);
  const list = ['ListUserProjects', viewer.id];
  const after = readPageToken(request, list, ['text', 'uuid']);
  const query = userProjectsByName(call.read, viewer, { direction: 'asc', after, limit: size + 1 });
  const { rows, nextPageToken } = page(await query.execute(), size, list, (row) => [row.name, row.id]);
  return { projects: await projectMessages(call.read, rows), nextPageToken };
}
