import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { aProject } from '../support/projects.ts';
import { ending } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { aUser, ProjectsService, startTestService, type TestService } from '../support/service.ts';

/** Milliseconds after which the store's client would give up by itself. */
const ANSWER_MS = 10_000;

const open = new AsyncDisposableStack();
const bucket = createServer();
let service: TestService;
beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'somebody');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  open.defer(() => void vi.unstubAllEnvs());
  await once(bucket.listen(0, '127.0.0.1'), 'listening');
  open.defer(() => void bucket.close());
  // A server that listens on TCP has an AddressInfo.
  const { port } = bucket.address() as AddressInfo;
  const url = `s3://project-files?region=us-east-1&endpoint=http://127.0.0.1:${port}`;
  service = open.use(await startTestService({ FILE_STORE_URL: url, ROLES: 'rpc' }));
});
afterAll(() => open.disposeAsync());

it('a bucket that does not answer is not waited for once its deletion is given up', async () => {
  const { id } = await aProject(service, { owner: await aUser(service) });
  await rows(service, `insert into project_files (project_id, type, path) values ($1, 'archive', 'a.zip')`, [
    id,
  ]);
  const asked = new Promise<IncomingMessage>((resolve) => bucket.once('request', resolve));
  const over = new AbortController();
  const deletion = ending(
    service.client(ProjectsService, service.admin).deleteProject({ id }, { signal: over.signal }),
  );
  const { socket } = await asked;

  over.abort();
  const since = performance.now();
  await once(socket, 'close');

  expect(performance.now() - since).toBeLessThan(ANSWER_MS / 2);
  expect(await deletion).not.toBe('done');
  expect(await rows(service, 'select path from project_files where project_id = $1', [id])).toEqual([
    { path: 'a.zip' },
  ]);
});
