import { Role } from '../../../src/gen/lightning/projects/v1/member_pb.ts';
import { MembersService } from '../../../src/gen/lightning/projects/v1/members_service_pb.ts';
import { people, unknownId } from '../actors.ts';
import type { Transcript } from '../transcript.ts';

const { addMembers, listMembers, getMemberRole, checkMembership } = MembersService.method;

/** In the end the stranger is a member. */
export async function memberCalls(calls: Transcript, projectId: string): Promise<void> {
  const { stranger, owner, viewer } = people;
  await calls.answer('viewer', listMembers, 'all', { projectId });
  await calls.answer('viewer', listMembers, 'some roles', { projectId, roles: [Role.OWNER, Role.VIEWER] });
  const { nextPageToken: pageToken } = await calls.answer('viewer', listMembers, 'the first page', {
    projectId,
    pageSize: 2,
  });
  await calls.answer('viewer', listMembers, 'the next page', { projectId, pageSize: 2, pageToken });
  await calls.refusal('stranger', listMembers, 'NOT_FOUND PROJECT_NOT_FOUND', "somebody else's", {
    projectId,
  });
  await calls.refusal('viewer', listMembers, 'INVALID_ARGUMENT VALIDATION_FAILED', 'a made up page', {
    projectId,
    pageToken: 'bWFkZSB1cA',
  });

  await calls.answer('reader', getMemberRole, 'of the owner', { projectId, userId: owner.id });
  await calls.answer('viewer', getMemberRole, 'of no member', { projectId, userId: stranger.id });
  await calls.refusal('stranger', getMemberRole, 'NOT_FOUND PROJECT_NOT_FOUND', 'of an unseen project', {
    projectId,
    userId: stranger.id,
  });
  await calls.answer('viewer', checkMembership, 'of a member', { projectId, userId: viewer.id });
  await calls.answer('viewer', checkMembership, 'of no member', { projectId, userId: stranger.id });
  await calls.refusal('viewer', checkMembership, 'INVALID_ARGUMENT VALIDATION_FAILED', 'of nobody', {
    projectId,
  });

  const members = [{ userId: stranger.id, role: Role.ADMIN }];
  await calls.refusal('editor', addMembers, 'PERMISSION_DENIED ROLE_REQUIRED', 'as an editor', {
    projectId,
    members,
  });
  await calls.refusal('owner', addMembers, 'INVALID_ARGUMENT UNKNOWN_USER', 'somebody unknown', {
    projectId,
    members: [{ userId: unknownId }],
  });
  await calls.refusal('owner', addMembers, 'INVALID_ARGUMENT ONE_OWNER', 'another owner', {
    projectId,
    members: [{ userId: stranger.id, role: Role.OWNER }],
  });
  await calls.refusal('owner', addMembers, 'PERMISSION_DENIED ACTOR_NOT_SELF', "in another one's name", {
    projectId,
    members,
    actorUserId: viewer.id,
  });
  await calls.answer('owner', addMembers, 'a newcomer', { projectId, members, notify: false });
  await calls.refusal('owner', addMembers, 'ALREADY_EXISTS ALREADY_A_MEMBER', 'the same again', {
    projectId,
    members,
  });
}
