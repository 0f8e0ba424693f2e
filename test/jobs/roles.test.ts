import { afterEach, describe, expect, it } from 'vitest';
import { jobsDone, queuedJobs } from '../support/jobs.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { aUser, MembersService, ProjectsService, startTestService } from '../support/service.ts';

let open = new AsyncDisposableStack();
afterEach(async () => {
  await open.disposeAsync();
  open = new AsyncDisposableStack();
});

const ready = async (url: string) => (await fetch(`${url}/readyz`)).status;

describe('A process', () => {
  it('without the role worker leaves jobs to one that has it', async () => {
    const service = open.use(await startTestService({ ROLES: 'rpc' }));
    const [owner, added] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner });
    await service
      .client(MembersService, service.admin)
      .addMembers({ projectId, members: [{ userId: added.id }] });
    expect(await queuedJobs(service)).toMatchObject([{ task: 'send_mail', attempts: 0 }]);

    open.use(await startTestService({ ROLES: 'worker', DATABASE_URL: service.databaseUrl }));
    await jobsDone(service);
  });

  it('without the role rpc answers no calls, but says how it is', async () => {
    const service = open.use(await startTestService({ ROLES: 'worker' }));
    for (const client of ['client', 'httpClient'] as const) {
      const refused = await refusal(service[client](ProjectsService, service.admin).listProjects({}));
      expect(refused.code).toBe('UNIMPLEMENTED');
    }
    await expect.poll(() => ready(service.httpUrl)).toBe(200);
  });
});
