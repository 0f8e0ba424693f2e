import type { MemberPlace, NamedMember } from '../call/member-place.ts';
import type { UpdateMemberRequest } from '../gen/lightning/projects/v1/members_service_pb.ts';

/**
 * The membership that a request names: by its id, which decides when there is one, else by project and person. Of a
 * request that names none, project or person are empty.
 */
export function namedMember({
  memberId,
  projectId,
  userId,
}: { readonly memberId: string } & MemberPlace): NamedMember {
  return memberId === '' ? { projectId, userId } : { memberId };
}

/** The membership that an update is about, named alike. */
export function updatedMember({ member }: UpdateMemberRequest): NamedMember {
  const { id = '', projectId = '', userId = '' } = member ?? {};
  return namedMember({ memberId: id, projectId, userId });
}
