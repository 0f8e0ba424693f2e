import type { MembersService } from '../gen/lightning/projects/v1/members_service_pb.ts';
import type { Rpcs } from '../rpc/implement.ts';
import { addMembers } from './add-members.ts';
import { checkMembership } from './check-membership.ts';
import { getMemberRole } from './get-member-role.ts';
import { listMembers } from './list-members.ts';

export const membersService: Rpcs<typeof MembersService> = {
  addMembers,
  listMembers,
  getMemberRole,
  checkMembership,
};
