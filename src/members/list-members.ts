import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { filterNames } from '../call/enum-names.ts';
import { page, pageSize, readPageToken } from '../call/page-token.ts';
import type {
  ListMembersRequest,
  ListMembersResponseSchema,
} from '../gen/lightning/projects/v1/members_service_pb.ts';
import { memberMessage, roleNames } from './member-message.ts';
import { membersPage } from './member-query.ts';

/** Lists a project's members with the people, by first name (get_project_users!/1, project_users_query/1). */
export async function listMembers(
  request: ListMembersRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListMembersResponseSchema>> {
  const size = pageSize(request);
  const projectId = request.projectId.toLowerCase();
  const roles = filterNames(roleNames, request.roles, 'roles');
  const list = ['ListMembers', projectId, roles];
  const after = readPageToken(request, list, ['text', 'uuid']);
  const found = await membersPage(call.read, { projectId, roles, after, limit: size + 1 }).execute();
  const { rows, nextPageToken } = page(found, size, list, (row) => [row.first_name, row.id]);
  return { members: rows.map(memberMessage), nextPageToken };
}
