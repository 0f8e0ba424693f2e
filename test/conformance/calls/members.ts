import { DigestFrequency, Role } from '../../../src/gen/lightning/projects/v1/member_pb.ts';
import { MembersService } from '../../../src/gen/lightning/projects/v1/members_service_pb.ts';
import { people, unknownId } from '../actors.ts';
import type { Transcript } from '../transcript.ts';

const { addMembers, listMembers, getMemberRole, checkMembership } = MembersService.method;
const { getMember, updateMember, removeMember, transferOwnership } = MembersService.method;
const { listAdminEmails, listTriggerFailureRecipients } = MembersService.method;

/** In the end everybody is what they were, and the stranger an admin. */
export async function memberCalls(calls: Transcript, projectId: string): Promise<void> {
  await readCalls(calls, projectId);
  await additions(calls, projectId);
  await changes(calls, projectId);
}

async function readCalls(calls: Transcript, projectId: string): Promise<void> {
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

  const own = { projectId, userId: viewer.id };
  const { member } = await calls.answer('viewer', getMember, 'by project and person', own);
  await calls.answer('reader', getMember, 'by its id', { memberId: member?.id ?? '' });
  await calls.refusal('stranger', getMember, 'NOT_FOUND MEMBER_NOT_FOUND', 'of an unseen project', {
    memberId: member?.id ?? '',
  });
  await calls.refusal('viewer', getMember, 'INVALID_ARGUMENT VALIDATION_FAILED', 'none', {});
  await calls.answer('viewer', listAdminEmails, 'of a project', { projectId });
  await calls.refusal('stranger', listAdminEmails, 'NOT_FOUND PROJECT_NOT_FOUND', 'of an unseen project', {
    projectId,
  });
  await calls.answer('viewer', listTriggerFailureRecipients, 'of a project', { projectId });
  await calls.refusal(
    'stranger',
    listTriggerFailureRecipients,
    'NOT_FOUND PROJECT_NOT_FOUND',
    'of an unseen project',
    { projectId },
  );
}

async function additions(calls: Transcript, projectId: string): Promise<void> {
  const { stranger, viewer } = people;
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

async function changes(calls: Transcript, projectId: string): Promise<void> {
  const { owner, editor, viewer } = people;
  const own = { projectId, userId: viewer.id };
  await calls.answer('viewer', updateMember, 'their own alerts', {
    member: { ...own, digest: DigestFrequency.WEEKLY, failureAlert: true },
  });
  await calls.answer('viewer', updateMember, 'no alerts any more', {
    member: own,
    updateMask: { paths: ['digest', 'failure_alert'] },
  });
  await calls.answer('owner', updateMember, 'a role', { member: { ...own, role: Role.EDITOR } });
  await calls.answer('owner', updateMember, 'the role it was', { member: { ...own, role: Role.VIEWER } });
  await calls.refusal('viewer', updateMember, 'PERMISSION_DENIED ROLE_REQUIRED', 'their own role', {
    member: { ...own, role: Role.ADMIN },
  });
  await calls.refusal(
    'owner',
    updateMember,
    'PERMISSION_DENIED OWN_MEMBERSHIP_ONLY',
    "another one's alerts",
    { member: { ...own, failureAlert: true } },
  );
  await calls.refusal('owner', updateMember, 'FAILED_PRECONDITION OWNER_FIXED', 'a second owner', {
    member: { ...own, role: Role.OWNER },
  });
  await calls.refusal('owner', updateMember, 'INVALID_ARGUMENT VALIDATION_FAILED', 'nothing', {
    member: own,
  });

  const heir = { projectId, userId: editor.id };
  await calls.answer('owner', transferOwnership, 'to a member', heir);
  await calls.refusal('owner', transferOwnership, 'PERMISSION_DENIED ROLE_REQUIRED', 'as an admin', heir);
  await calls.answer('admin', transferOwnership, 'back', { projectId, userId: owner.id });
  await calls.refusal('owner', transferOwnership, 'NOT_FOUND MEMBER_NOT_FOUND', 'to nobody', {
    projectId,
    userId: unknownId,
  });
  await calls.refusal('owner', transferOwnership, 'ABORTED ETAG_MISMATCH', 'by an old etag', {
    ...heir,
    etag: '"old"',
  });
  await calls.answer('admin', updateMember, 'the role from before', {
    member: { ...heir, role: Role.EDITOR },
  });

  await calls.refusal('owner', removeMember, 'FAILED_PRECONDITION OWNER_FIXED', 'the owner', {
    projectId,
    userId: owner.id,
  });
  await calls.refusal('viewer', removeMember, 'PERMISSION_DENIED ROLE_REQUIRED', 'as a viewer', own);
  await calls.answer('owner', removeMember, 'a member', own);
  await calls.refusal('owner', removeMember, 'NOT_FOUND MEMBER_NOT_FOUND', 'the same again', own);
  await calls.answer('owner', addMembers, 'the one who was removed', {
    projectId,
    members: [{ userId: viewer.id, role: Role.VIEWER }],
    notify: false,
  });
}
