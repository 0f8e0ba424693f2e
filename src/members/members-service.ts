import type { MembersService } from '../gen/lightning/projects/v1/members_service_pb.ts';
import type { Rpcs } from '../rpc/implement.ts';
import { acceptInvitation } from './accept-invitation.ts';
import { addMembers } from './add-members.ts';
import { checkMembership } from './check-membership.ts';
import { getMember } from './get-member.ts';
import { getMemberRole } from './get-member-role.ts';
import { inviteCollaborators } from './invite-collaborators.ts';
import { listAdminEmails } from './list-admin-emails.ts';
import { listMembers } from './list-members.ts';
import { listTriggerFailureRecipients } from './list-trigger-failure-recipients.ts';
import { removeMember } from './remove-member.ts';
import { transferOwnership } from './transfer-ownership.ts';
import { updateMember } from './update-member.ts';

export const membersService: Rpcs<typeof MembersService> = {
  addMembers,
  updateMember,
  removeMember,
  getMember,
  listMembers,
  getMemberRole,
  checkMembership,
  inviteCollaborators,
  listAdminEmails,
  listTriggerFailureRecipients,
  acceptInvitation,
  transferOwnership,
};
