import { randomUUID } from 'node:crypto';
import { newInvitationToken } from '../../../src/members/invitation-token.ts';
import { giveToken } from '../../support/invitations.ts';
import { aProject } from '../../support/projects.ts';
import { aUser, MembersService, userToken } from '../../support/service.ts';
import type { Change } from './change.ts';

/** Invitations and their redemption. */
export const invitationChanges: readonly Change[] = [
  {
    method: 'MembersService.InviteCollaborators',
    way: 'somebody unknown',
    kinds: ['users_changed', 'members_changed'],
    async prepare(service) {
      const owner = await aUser(service);
      const { id: projectId } = await aProject(service, { owner });
      const members = service.client(MembersService, service.admin);
      const someone = { email: `${randomUUID()}@example.org` };
      const request = { projectId, collaborators: [someone], requestId: randomUUID() };
      return {
        async make(options) {
          const answer = await members.inviteCollaborators(request, options);
          return `invitations where id = '${answer.invitations[0]?.id}'`;
        },
        check: () => members.inviteCollaborators({ projectId, collaborators: [someone], validateOnly: true }),
        repeat: () => members.inviteCollaborators(request),
        refused: () =>
          members.inviteCollaborators({ projectId, collaborators: [someone, { email: owner.email }] }),
      };
    },
  },
  {
    method: 'MembersService.AcceptInvitation',
    way: 'an invitation',
    kinds: ['members_changed'],
    by: 'a person',
    async prepare(service) {
      const { id: projectId } = await aProject(service, { owner: await aUser(service) });
      const email = `${randomUUID()}@example.org`;
      const members = service.client(MembersService, service.admin);
      const { invitations } = await members.inviteCollaborators({ projectId, collaborators: [{ email }] });
      const id = invitations[0]?.id ?? '';
      const token = await giveToken(service, id);
      const guest = service.client(MembersService, await userToken(randomUUID(), { email }));
      await guest.listMembers({ projectId });
      return {
        async make(options) {
          await guest.acceptInvitation({ token }, options);
          return `invitations where id = '${id}'`;
        },
        refused: () => guest.acceptInvitation({ token: newInvitationToken(id).token }),
      };
    },
  },
];
