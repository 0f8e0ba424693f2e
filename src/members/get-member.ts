import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { noSuchMember } from '../call/member-place.ts';
import type {
  GetMemberRequest,
  GetMemberResponseSchema,
} from '../gen/lightning/projects/v1/members_service_pb.ts';
import { memberMessage } from './member-message.ts';
import { members } from './member-query.ts';
import { namedMember } from './named-member.ts';

/** Reads one membership, with the person (get_project_user/1, get_project_user/2, get_project_user!/1). */
export async function getMember(
  request: GetMemberRequest,
  call: Call,
): Promise<MessageInitShape<typeof GetMemberResponseSchema>> {
  const named = namedMember(request);
  const query =
    'memberId' in named
      ? members(call.read).where('project_users.id', '=', named.memberId)
      : members(call.read)
          .where('project_users.project_id', '=', named.projectId)
          .where('project_users.user_id', '=', named.userId);
  const row = await query.executeTakeFirst();
  if (row === undefined) throw noSuchMember(named);
  return { member: memberMessage(row) };
}
