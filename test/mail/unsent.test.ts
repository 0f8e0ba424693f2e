import { expect, it } from 'vitest';
import { jobsDone } from '../support/jobs.ts';
import { keptLog } from '../support/logged.ts';
import { aProject } from '../support/projects.ts';
import { rows } from '../support/rows.ts';
import { aUser, MembersService, startTestService } from '../support/service.ts';

it('Without SMTP_URL a mail is logged, and neither whom it is for nor what it says', async () => {
  const kept = keptLog();
  await using service = await startTestService({}, kept.log);
  const [owner, added] = [await aUser(service), await aUser(service)];
  const { id: projectId, name } = await aProject(service, { owner });
  const members = service.client(MembersService, owner.token);

  await members.addMembers({ projectId, members: [{ userId: added.id }] });
  await members.inviteCollaborators({ projectId, collaborators: [{ email: 'new@example.org' }] });
  await jobsDone(service);

  const logged = kept.saying('a mail was not sent: SMTP_URL is unset');
  expect(logged.map(({ mail, recipients }) => [mail, recipients]).toSorted()).toEqual([
    ['added-to-project', 1],
    ['invitation', 1],
  ]);
  for (const secret of [added.email, 'new@example.org', name]) {
    expect(JSON.stringify(logged)).not.toContain(secret);
  }
  expect(await rows(service, 'select token_hashes from invitations')).toEqual([
    { token_hashes: Buffer.alloc(0) },
  ]);
});
