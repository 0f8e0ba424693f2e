import { readInvitationToken } from '../../src/members/invitation-token.ts';
import { aProject } from '../support/projects.ts';
import { rows } from '../support/rows.ts';
import { DirectoryService, type TestService } from '../support/service.ts';
import { guest, invitationToken } from './actors.ts';

/**
 * Makes the one thing that no client can get by a call: an invitation whose token, else only in a mail, is
 * known.
 */
export async function seedInvitation(service: TestService): Promise<void> {
  const presented = readInvitationToken(invitationToken);
  if (presented === undefined) throw new Error('the token is none');
  await service.client(DirectoryService, service.admin).upsertUsers({ users: [guest] });
  const owner = { ...guest, token: '' };
  const { id } = await aProject(service, { owner }, { name: 'seeded' });
  await rows(
    service,
    `insert into invitations (id, project_id, email, role, token_hashes, expires_at)
     values ($1, $2, $3, 'viewer', $4, now() + interval '1 day')`,
    [presented.invitationId, id, guest.email, presented.digest],
  );
}
