import type { MessageInitShape } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import { page, pageSize, readPageToken } from '../call/page-token.ts';
import type {
  ListMembersRequest,
  ListMembersResponseSchema,
} from '../gen/lightning/projects/v1/members_service_pb.ts';
import { memberMessage, roleNames } from './member-message.ts';
import { members } from './member-query.ts';

/** Lists a project's members with the people, by first name (get_project_users!/1, project_users_query/1). */
export async function listMembers(
  request: ListMembersRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListMembersResponseSchema>> {
  const size = pageSize(request);
  const projectId = request.projectId.toLowerCase();
  const roles = request.roles.map((role) => roleNames.name(role)).filter((role) => role !== undefined);
  const list = ['ListMembers', projectId, roles.toSorted()];
  const start = readPageToken(request, list, 2);

  let query = members(call.read)
    .where('project_users.project_id', '=', projectId)
    .orderBy('users.first_name')
    .orderBy('project_users.id')
    .limit(size + 1);
  if (roles.length > 0) query = query.where('project_users.role', 'in', roles);
  if (start !== undefined) {
    const [firstName, id] = start;
    query = query.where(sql<boolean>`(users.first_name, project_users.id) > (${firstName}, ${id}::uuid)`);
  }

  const { rows, nextPageToken } = page(await query.execute(), size, list, (row) => [row.first_name, row.id]);
  return { members: rows.map(memberMessage), nextPageToken };
}
