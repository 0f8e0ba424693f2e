import { ConnectError } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aProject } from '../support/projects.ts';
import { codeName, refusal } from '../support/refusal.ts';
import { lockProject, waitingStatements } from '../support/rival.ts';
import { ProjectsService, startTestService, type TestService } from '../support/service.ts';

const ways = ['client', 'httpClient'] as const;

describe('A call with a deadline of its own', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService();
  });
  afterAll(() => service.close());

  for (const way of ways) {
    it(`ends at it, in the database too (${way})`, async () => {
      const { id } = await aProject(service);
      await using _ = await lockProject(service, id);
      const update = service[way](ProjectsService, service.admin).updateProject(
        { project: { id, name: 'late' } },
        { timeoutMs: 300 },
      );
      const ended = update.catch((error: unknown) => codeName(ConnectError.from(error).code));
      await expect.poll(() => waitingStatements(service)).toBe(1);
      await expect(ended).resolves.toBe('DEADLINE_EXCEEDED');
      await expect.poll(() => waitingStatements(service)).toBe(0);
    });

    it(`ends when the client leaves, in the database too (${way})`, async () => {
      const { id } = await aProject(service);
      await using _ = await lockProject(service, id);
      const client = new AbortController();
      const update = service[way](ProjectsService, service.admin).updateProject(
        { project: { id, name: 'late' } },
        { signal: client.signal },
      );
      const ended = update.catch((error: unknown) => codeName(ConnectError.from(error).code));
      await expect.poll(() => waitingStatements(service)).toBe(1);
      client.abort();
      await expect(ended).resolves.toBe('CANCELLED');
      await expect.poll(() => waitingStatements(service)).toBe(0);
    });
  }

  it('answers with the reason and the id of the call', async () => {
    const { id } = await aProject(service);
    await using _ = await lockProject(service, id);
    // Clients give up by themselves at their deadline, and show nothing of what comes then.
    const response = await fetch(`${service.httpUrl}/${ProjectsService.typeName}/UpdateProject`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${service.admin}`,
        'content-type': 'application/json',
        'connect-timeout-ms': '200',
        'x-request-id': 'the-late-one',
      },
      body: JSON.stringify({ project: { id, name: 'late' } }),
    });
    expect(await response.json()).toMatchObject({
      code: 'deadline_exceeded',
      details: [
        { type: 'google.rpc.ErrorInfo', debug: { reason: 'DEADLINE_EXCEEDED' } },
        { type: 'google.rpc.RequestInfo', debug: { requestId: 'the-late-one' } },
      ],
    });
  });

  it('has changed nothing when it ended before', async () => {
    const { id, name } = await aProject(service);
    const client = service.client(ProjectsService, service.admin);
    const rival = await lockProject(service, id);
    await refusal(client.updateProject({ project: { id, name: 'late' } }, { timeoutMs: 200 }));
    await rival.leave();
    // Whatever still waited for the lock would have it before this.
    const { project } = await client.updateProject({ project: { id, color: '#fff' } });
    expect(project?.name).toBe(name);
  });
});

describe('A call without a deadline', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService({ DEFAULT_DEADLINE_MS: '400', DATABASE_POOL_SIZE: '1' });
  });
  afterAll(() => service.close());

  for (const way of ways) {
    it(`gets the default one (${way})`, async () => {
      const { id } = await aProject(service);
      await using _ = await lockProject(service, id);
      const update = service[way](ProjectsService, service.admin).updateProject({
        project: { id, name: 'late' },
      });
      await expect(refusal(update)).resolves.toMatchObject({
        code: 'DEADLINE_EXCEEDED',
        reason: 'DEFAULT_DEADLINE',
        message: 'the call took longer than 400 ms; send a deadline to allow more',
      });
      await expect(waitingStatements(service)).resolves.toBe(0);
    });
  }

  it('waits for a free connection no longer than that', async () => {
    const { id } = await aProject(service);
    await using rival = await lockProject(service, id);
    const client = service.client(ProjectsService, service.admin);
    const holder = client.updateProject({ project: { id, color: '#fff' } }, { timeoutMs: 20_000 });
    await expect.poll(() => waitingStatements(service)).toBe(1);
    const began = performance.now();
    const outcomes = await Promise.all([
      refusal(client.getProject({ id })),
      refusal(client.listProjects({})),
      refusal(client.createProject({ project: { name: 'another' } })),
    ]);
    expect(outcomes.map(({ reason }) => reason)).toEqual(Array(3).fill('DEFAULT_DEADLINE'));
    // The pool itself gives up after ten seconds.
    expect(performance.now() - began).toBeLessThan(5000);
    await rival.leave();
    await holder;
  });
});
