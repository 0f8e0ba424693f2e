import { Code, ConnectError } from '@connectrpc/connect';
import { expect, it } from 'vitest';
import { RetryInfoSchema } from '../../src/gen/google/rpc/error_details_pb.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { lockProject, waitingStatements } from '../support/rival.ts';
import { ProjectsService, startTestService } from '../support/service.ts';

// By itself in its file: it waits the ten seconds that the pool gives a call to find a connection.
it('answers UNAVAILABLE and when to try again while all connections are taken, and is healthy all the same', async () => {
  await using service = await startTestService({ DATABASE_POOL_SIZE: '1' });
  const { id } = await aProject(service);
  await using rival = await lockProject(service, id);
  const client = service.client(ProjectsService, service.admin);
  const holder = client.updateProject({ project: { id, color: '#fff' } });
  await expect.poll(() => waitingStatements(service)).toBe(1);

  const error = ConnectError.from(await client.getProject({ id }).catch((reason: unknown) => reason));
  expect(error.code).toBe(Code.Unavailable);
  expect(error.findDetails(RetryInfoSchema)).toMatchObject([{ retryDelay: { seconds: 1n, nanos: 0 } }]);
  await expect(refusal(Promise.reject(error))).resolves.toMatchObject({ reason: 'DATABASE_UNAVAILABLE' });
  await expect(fetch(`${service.httpUrl}/readyz`)).resolves.toMatchObject({ status: 200 });

  await rival.leave();
  await holder;
  await expect(client.getProject({ id })).resolves.toBeDefined();
});
