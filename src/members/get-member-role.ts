import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { Role } from '../gen/lightning/projects/v1/member_pb.ts';
import type {
  GetMemberRoleRequest,
  GetMemberRoleResponseSchema,
} from '../gen/lightning/projects/v1/members_service_pb.ts';
import { roleNames } from './member-message.ts';

/**
 * Tells a person's role in the project itself (get_project_user_role/2): what its root or support access let the
 * person do does not show here. Somebody who is no member has UNSPECIFIED.
 */
export async function getMemberRole(
  { projectId, userId }: GetMemberRoleRequest,
  call: Call,
): Promise<MessageInitShape<typeof GetMemberRoleResponseSchema>> {
  const role = await call.access.role(userId, projectId);
  return { role: role === null ? Role.UNSPECIFIED : roleNames.value(role) };
}
