import { Role } from '../../../src/gen/lightning/projects/v1/member_pb.ts';
import { MembersService } from '../../../src/gen/lightning/projects/v1/members_service_pb.ts';
import { invitationToken, ownId, people } from '../actors.ts';
import type { Transcript } from '../transcript.ts';

const { inviteCollaborators, acceptInvitation } = MembersService.method;

export async function invitationCalls(calls: Transcript, projectId: string): Promise<void> {
  const newcomer = { email: 'newcomer@example.org', firstName: 'Nana', lastName: 'Ôta', role: Role.VIEWER };
  const invitation = { projectId, collaborators: [newcomer], requestId: ownId(800) };
  await calls.refusal('editor', inviteCollaborators, 'PERMISSION_DENIED ROLE_REQUIRED', 'as an editor', {
    ...invitation,
  });
  await calls.refusal(
    'owner',
    inviteCollaborators,
    'INVALID_ARGUMENT VALIDATION_FAILED',
    'bad in several ways',
    {
      projectId,
      collaborators: [{ ...newcomer, role: Role.OWNER }, newcomer, newcomer],
    },
  );
  await calls.answer('owner', inviteCollaborators, 'only checks', { ...invitation, validateOnly: true });
  await calls.answer('owner', inviteCollaborators, 'somebody unknown', invitation);
  await calls.answer('owner', inviteCollaborators, 'the same again', invitation);
  await calls.refusal('owner', inviteCollaborators, 'ALREADY_EXISTS ALREADY_A_MEMBER', 'members', {
    projectId,
    collaborators: [newcomer, { email: people.viewer.email }],
  });

  const token = invitationToken;
  await calls.refusal('owner', acceptInvitation, 'NOT_FOUND INVITATION_NOT_FOUND', "another's", { token });
  await calls.refusal('guest', acceptInvitation, 'INVALID_ARGUMENT VALIDATION_FAILED', 'none', {});
  await calls.answer('guest', acceptInvitation, 'their own', { token });
  await calls.refusal('guest', acceptInvitation, 'FAILED_PRECONDITION INVITATION_USED', 'it again', {
    token,
  });
}
