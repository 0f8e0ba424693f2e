import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { credentials, Metadata } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLockFile } from '../../src/database/postmaster.ts';
import { ListProjectsRequestSchema } from '../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { type Certificate, createAuthority } from '../support/certificates.ts';
import { makeClusterFolder } from '../support/cluster-folder.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { GrpcJsClient } from '../support/grpc-js-client.ts';
import { childrenOf, type RunningProcess } from '../support/processes.ts';
import { lockProject, waitingStatements } from '../support/rival.ts';
import { bearer, ProjectsService, serviceToken, testSecret } from '../support/service.ts';
import { refusedStart, type ServiceProcess, startService } from '../support/service-process.ts';

/** Milliseconds after which a service that stops cuts off what is still under way. */
const GRACE_MS = 20_000;
const onLinux = process.platform === 'linux';

let folder: string;
let database: TestDatabase;
let token: string;
const open = new AsyncDisposableStack();
beforeAll(async () => {
  folder = await makeClusterFolder('workers');
  open.defer(() => rm(folder, { recursive: true }));
  database = open.use(await createTestDatabase());
  token = await serviceToken('projects:admin');
});
afterAll(() => open.disposeAsync());

/** Asks over a connection of its own. */
async function get(url: string, ca?: Buffer): Promise<string> {
  const options = { agent: false, ca, headers: { authorization: `Bearer ${token}` } };
  const request = (url.startsWith('https') ? httpsRequest : httpRequest)(url, options).end();
  const [response] = await once(request, 'response');
  return (await response.setEncoding('utf8').toArray()).join('');
}

/** ListProjects over a connection of its own; the request's id. */
async function overHttp({ httpUrl }: ServiceProcess): Promise<string> {
  const requestId = randomUUID();
  const request = httpRequest(`${httpUrl}/${ProjectsService.typeName}/ListProjects`, {
    method: 'POST',
    agent: false,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'x-request-id': requestId,
    },
  }).end('{}');
  const [response] = await once(request, 'response');
  response.resume();
  expect(response.statusCode).toBe(200);
  return requestId;
}

async function overGrpc({ grpcAddress }: ServiceProcess, ca?: Buffer): Promise<string> {
  using client = new GrpcJsClient(grpcAddress, ca && credentials.createSsl(ca));
  const requestId = randomUUID();
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  metadata.set('x-request-id', requestId);
  await client.unary(ProjectsService.method.listProjects, create(ListProjectsRequestSchema), { metadata });
  return requestId;
}

/** The worker that answered a request, as its log says. */
async function workerOf({ wrote }: RunningProcess, requestId: string): Promise<string> {
  const [, worker = ''] = await wrote(new RegExp(`"worker":(\\d+),[^\\n]*"request_id":"${requestId}"`));
  return worker;
}

async function countOf(service: ServiceProcess, method: string): Promise<number> {
  const metrics = await get(`${service.httpUrl}/metrics`);
  return Number(
    new RegExp(`^rpc_server_duration_seconds_count{method="${method}",code="OK"} (\\d+)$`, 'm').exec(
      metrics,
    )?.[1],
  );
}

describe('a service of two workers', () => {
  let service: ServiceProcess;
  beforeAll(async () => {
    // Long enough for a busy machine to let the one call end that is in flight at the end.
    service = open.use(
      await startService({
        WORKERS: '2',
        DATABASE_URL: database.url,
        AUTH_JWT_SECRET: testSecret,
        LOG_LEVEL: 'debug',
        SHUTDOWN_GRACE_MS: String(GRACE_MS),
      }),
    );
  });

  it.each([
    ['HTTP', overHttp],
    ['gRPC', overGrpc],
  ])('answers on one %s address with both of them', async (_, call) => {
    const ids = await Promise.all(Array.from({ length: 6 }, () => call(service)));
    const workers = await Promise.all(ids.map((id) => workerOf(service, id)));
    expect(new Set(workers).size).toBe(2);
  });

  it('shows the metrics of both together, whichever is asked', async () => {
    await Promise.all(Array.from({ length: 8 }, () => overHttp(service)));
    const total = await countOf(service, 'ProjectsService.ListProjects');
    expect(total).toBeGreaterThanOrEqual(8);
    for (let scrape = 0; scrape < 4; scrape += 1) {
      expect(await countOf(service, 'ProjectsService.ListProjects')).toBe(total);
    }
    expect(await get(`${service.httpUrl}/metrics`)).toMatch(/^process_cpu_seconds_total [\d.]+$/m);
  });

  it.runIf(onLinux)(
    'closes the connection that one had not taken when it was killed, goes on meanwhile, replaces it, and forgets no count',
    async () => {
      const before = await countOf(service, 'ProjectsService.ListProjects');
      const [killed = '', other = ''] = await childrenOf(service.pid);
      process.kill(Number(killed), 'SIGSTOP');
      let answered = 0;
      const asked = Array.from({ length: 4 }, async () => {
        const answer = await get(`${service.httpUrl}/healthz`).catch(() => 'nothing');
        answered += 1;
        return answer;
      });
      // The other one has answered the rest.
      await expect.poll(() => answered).toBe(3);

      process.kill(Number(killed), 'SIGKILL');
      expect((await Promise.all(asked)).filter((answer) => answer === 'nothing')).toHaveLength(1);
      await service.wrote(/a worker ended; another one takes its place/);
      await overHttp(service);
      await overGrpc(service);
      expect(await countOf(service, 'ProjectsService.ListProjects')).toBe(before + 2);

      await expect
        .poll(
          async () => {
            const ids = await Promise.all([overGrpc(service), overGrpc(service)]);
            return new Set(await Promise.all(ids.map((id) => workerOf(service, id)))).size;
          },
          { interval: 200 },
        )
        .toBe(2);
      const now = await childrenOf(service.pid);
      expect(now).toHaveLength(2);
      expect(now).toContain(other);
      expect(now).not.toContain(killed);
    },
  );

  it.runIf(onLinux)('lets calls in flight end after a SIGTERM that reaches every process', async () => {
    const client = createClient(
      ProjectsService,
      createGrpcTransport({ baseUrl: `http://${service.grpcAddress}`, interceptors: [bearer(token)] }),
    );
    const { project } = await client.createProject({ project: { name: 'before' } });
    const id = project?.id ?? '';
    await using rival = await lockProject({ databaseUrl: database.url }, id);
    const renamed = client.updateProject({ project: { id, name: 'after' }, updateMask: { paths: ['name'] } });
    await expect.poll(() => waitingStatements({ databaseUrl: database.url })).toBe(1);

    const workers = await childrenOf(service.pid);
    for (const pid of workers) process.kill(Number(pid), 'SIGTERM');
    service.kill('SIGTERM');
    await service.wrote(/stopping: calls in flight may end/);
    await rival.leave();
    const start = performance.now();
    expect((await renamed).project?.name).toBe('after');
    expect(await service.ended).toMatchObject({ code: 0 });
    // Nothing held it up that had to be cut off.
    expect(performance.now() - start).toBeLessThan(GRACE_MS);
    expect(workers.filter(isAlive)).toEqual([]);
  });
});

describe('two workers with TLS on an embedded PostgreSQL', () => {
  const authority = createAuthority('test authority');

  let service: ServiceProcess;
  let files: Awaited<ReturnType<typeof tlsFiles>>;
  beforeAll(async () => {
    files = await tlsFiles(authority.issue('server'));
    service = open.use(
      await startService({
        WORKERS: '2',
        DATA_DIR: join(folder, 'data'),
        AUTH_JWT_SECRET: testSecret,
        LOG_LEVEL: 'info',
        ...files,
      }),
    );
  });

  it('serve renewed files', async () => {
    expect(await get(`${service.httpUrl}/healthz`, authority.certificate)).toBe('ok');
    await overGrpc(service, authority.certificate);

    const successor = createAuthority('its successor');
    const { certificate, key } = successor.issue('server');
    await writeFile(files.TLS_CERT_FILE, certificate);
    await writeFile(files.TLS_KEY_FILE, key);

    for (const worker of [1, 2]) {
      await service.wrote(new RegExp(`"worker":${worker},.*the files of TLS have changed`));
    }
    // One connection after the other reaches the workers in turn.
    const looks = [1, 2, 3, 4].map(() => get(`${service.httpUrl}/healthz`, successor.certificate));
    expect(await Promise.all(looks)).toEqual(['ok', 'ok', 'ok', 'ok']);
    await overGrpc(service, successor.certificate);
  });

  it.runIf(onLinux)('are gone with it when the process that owns them is killed', async () => {
    const children = await childrenOf(service.pid);
    expect(children).toContain(String(readLockFile(join(folder, 'data', 'postgres'))?.pid));

    service.kill('SIGKILL');
    await service.ended;
    await expect.poll(() => children.filter(isAlive)).toEqual([]);
    const { port, hostname } = new URL(service.httpUrl);
    const next = createServer().listen(Number(port), hostname);
    await once(next, 'listening');
    next.close();
  });
});

describe('two workers that cannot start', () => {
  it('say so once, and what to do', async () => {
    const other = createServer();
    await once(other.listen(0, '127.0.0.1'), 'listening');
    const taken = other.address();
    const address = `127.0.0.1:${typeof taken === 'object' && taken?.port}`;
    const own = { WORKERS: '2', DATABASE_URL: database.url, AUTH_JWT_SECRET: testSecret };
    try {
      expect(await refusedStart({ ...own, HTTP_ADDRESS: address })).toEqual({
        code: 1,
        stderr: `cannot listen on ${address}: something else listens there. Set HTTP_ADDRESS to another host:port.\n`,
      });
    } finally {
      other.close();
    }
  });
});

async function tlsFiles({ certificate, key }: Certificate) {
  const files = { TLS_CERT_FILE: join(folder, 'cert.pem'), TLS_KEY_FILE: join(folder, 'key.pem') };
  await writeFile(files.TLS_CERT_FILE, certificate);
  await writeFile(files.TLS_KEY_FILE, key);
  return files;
}

function isAlive(pid: string): boolean {
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch {
    return false;
  }
}
