import { afterAll, beforeAll, expect, it } from 'vitest';
import { poolShares } from '../../src/database/pool-shares.ts';
import { aProject } from '../support/projects.ts';
import { lockProject, waitingStatements } from '../support/rival.ts';
import { aUser, ProjectsService, startTestService, type TestService } from '../support/service.ts';

const POOL = 10;
const { transactions } = poolShares(POOL);

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ DATABASE_POOL_SIZE: String(POOL) });
});
afterAll(() => service.close());

/** Begins more changes of a project than there are connections. */
function manyChanges(token: string, id: string): Promise<unknown>[] {
  const client = service.client(ProjectsService, token);
  return Array.from({ length: POOL * 2 }, () => client.updateProject({ project: { id, color: '#fff' } }));
}

it('However many changes wait for each other, reads find a connection', async () => {
  const [busy, other] = [await aProject(service), await aProject(service)];
  await using rival = await lockProject(service, busy.id);
  const changes = manyChanges(service.admin, busy.id);
  await expect.poll(() => waitingStatements(service)).toBe(transactions);

  const client = service.client(ProjectsService, service.admin);
  for (let call = 0; call < POOL; call += 1) await client.listProjectHeads({ projectId: other.id });
  expect(await waitingStatements(service)).toBe(transactions);

  await rival.leave();
  await Promise.all(changes);
});

it('However many changes of one person wait, those of others do not', async () => {
  const [owner, other] = [await aUser(service), await aUser(service)];
  const [busy, others] = [await aProject(service, { owner }), await aProject(service, { owner: other })];
  await using rival = await lockProject(service, busy.id);
  const changes = manyChanges(owner.token, busy.id);
  await expect.poll(() => waitingStatements(service)).toBe(transactions / 2);

  await service
    .client(ProjectsService, other.token)
    .updateProject({ project: { id: others.id, color: '#fff' } });
  expect(await waitingStatements(service)).toBe(transactions / 2);

  await rival.leave();
  await Promise.all(changes);
});
