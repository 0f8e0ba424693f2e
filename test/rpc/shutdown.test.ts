import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { lockProject, waitingStatements } from '../support/rival.ts';
import { ProjectsService, startTestService, type TestService } from '../support/service.ts';

const shuttingDown = { code: 'UNAVAILABLE', reason: 'SHUTTING_DOWN' };

describe.each(['client', 'httpClient'] as const)(
  'What outlasts the grace of a shutdown, by the %s',
  (way) => {
    let service: TestService;
    beforeAll(async () => {
      service = await startTestService({ ROLES: 'rpc', SHUTDOWN_GRACE_MS: '1000' });
    });
    afterAll(() => service.close());

    it('is told that the process stops: a change that waits, and an upload that does not go on', async () => {
      const client = service[way](ProjectsService, service.admin);
      const { id } = await aProject(service);
      await using rival = await lockProject(service, id);
      const begun = Promise.withResolvers<void>();
      const upload = refusal(
        client.importProjectStream(
          (async function* () {
            yield { part: { case: 'options' as const, value: { name: 'half' } } };
            begun.resolve();
            await new Promise(() => {});
          })(),
        ),
      );
      await begun.promise;
      const change = refusal(client.updateProject({ project: { id, concurrency: 2 } }));
      await expect.poll(() => waitingStatements(service)).toBe(1);

      const closed = service.application.close();

      expect(await change).toMatchObject(shuttingDown);
      expect(await upload).toMatchObject(shuttingDown);
      await rival.leave();
      await closed;
    });
  },
);
