import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import type {
  RemoveMemberRequest,
  RemoveMemberResponseSchema,
} from '../gen/lightning/projects/v1/members_service_pb.ts';
import { lockedMember } from './locked-member.ts';
import { readMember } from './member-query.ts';
import { namedMember } from './named-member.ts';
import { ownerFixed } from './owner-fixed.ts';
import { removeMemberships } from './remove-memberships.ts';
import { refuseRootAdmins } from './root-admins.ts';

/**
 * Removes a member, and with the membership the person's own credentials from the project (delete_project_user!/1).
 * One transaction. The owner stays; so does, in a sandbox, an owner or admin of its root whom somebody else removes.
 */
export async function removeMember(
  request: RemoveMemberRequest,
  call: Call,
): Promise<MessageInitShape<typeof RemoveMemberResponseSchema>> {
  return await call.change(async (unit) => {
    const { id, project, user, role } = await lockedMember(unit, call, namedMember(request));
    if (role === 'owner') throw ownerFixed(project.id, 'the owner of a project cannot be removed');
    await refuseRootAdmins(unit, call, project.id, [user.id]);

    const member = await readMember(unit.db, id);
    const { credentialIds, jobs } = await removeMemberships(unit, project.id, [user.id]);
    unit.record({
      kind: 'members_changed',
      projectId: project.id,
      itemType: 'member',
      itemId: id,
      changes: {
        user_id: { before: user.id },
        role: { before: role },
        ...(credentialIds.length === 0 ? {} : { credential_ids: { before: credentialIds } }),
      },
    });
    return { member, detachedCredentialCount: credentialIds.length, detachedJobCount: jobs };
  });
}
