import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import type {
  CheckMembershipRequest,
  CheckMembershipResponseSchema,
} from '../gen/lightning/projects/v1/members_service_pb.ts';

/** Tells whether a person is a member of the project itself (member_of?/2). */
export async function checkMembership(
  { projectId, userId }: CheckMembershipRequest,
  call: Call,
): Promise<MessageInitShape<typeof CheckMembershipResponseSchema>> {
  return { member: (await call.access.role(userId, projectId)) !== null };
}
