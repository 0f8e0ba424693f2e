import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConnectError } from '@connectrpc/connect';
import { Client, credentials } from '@grpc/grpc-js';
import { service as healthDefinition } from 'grpc-health-check';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres.ts';
import { poolShares } from '../../src/database/pool-shares.ts';
import { accountFor } from '../../src/database/postgres-account.ts';
import { findPostgresBinaries } from '../../src/database/postgres-binaries.ts';
import { launchServer, type Server } from '../../src/database/postgres-server.ts';
import { RetryInfoSchema } from '../../src/gen/google/rpc/error_details_pb.ts';
import { makeClusterFolder } from '../support/cluster-folder.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { lockProject, waitingStatements } from '../support/rival.ts';
import { ProjectsService, startTestService, type TestService } from '../support/service.ts';
import { expectNothingUnheard } from '../support/unheard.ts';

const POOL = 3;
const closing = new AsyncDisposableStack();
let service: TestService;
let server: { stop(): Promise<void> };
let launch: () => Promise<Server>;

/** A server of its own, which can be stopped and started again on the same port. */
beforeAll(async () => {
  const folder = await makeClusterFolder('outage');
  closing.defer(() => rm(folder, { recursive: true }));
  const dataDir = join(folder, 'data');
  const log = { info() {}, debug() {} };
  const first = await startEmbeddedPostgres({ dataDir, log, durable: false });
  server = first;
  closing.defer(() => server.stop());
  const cluster = join(dataDir, 'postgres');
  const { postgres } = findPostgresBinaries();
  const port = Number(new URL(first.url).port);
  const account = await accountFor(cluster);
  launch = () => launchServer({ postgres, cluster, port, account, parameters: { fsync: 'off' }, log });
  service = closing.use(
    await startTestService({ DATABASE_URL: first.url, DATABASE_POOL_SIZE: String(POOL) }),
  );
});

afterAll(() => closing.disposeAsync());

expectNothingUnheard();

async function readiness(): Promise<number> {
  return (await fetch(`${service.httpUrl}/readyz`)).status;
}

/** What `grpc.health.v1.Health` says of the process. */
function health(): Promise<unknown> {
  const client = new Client(new URL(service.grpcUrl).host, credentials.createInsecure());
  onTestFinished(() => client.close());
  const check = healthDefinition.Check;
  if (check === undefined) throw new Error('the health service has no Check');
  const { path, requestSerialize, responseDeserialize } = check;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { service: '' }, (error, answer) => {
      if (error === null) resolve(Reflect.get(Object(answer), 'status'));
      else reject(error);
    });
  });
}

const unavailable = { code: 'UNAVAILABLE', reason: 'DATABASE_UNAVAILABLE' };
const ways = ['client', 'httpClient'] as const;

it('is ready while the database is there', async () => {
  await expect.poll(readiness).toBe(200);
  await expect(health()).resolves.toBe('SERVING');
});

it('survives that the database goes away and comes back', async () => {
  const { id, name } = await aProject(service);
  const projects = (way: (typeof ways)[number]) => service[way](ProjectsService, service.admin);
  await using _ = await lockProject(service, id);
  const { transactions } = poolShares(POOL);
  const inFlight = Array.from({ length: transactions }, () =>
    refusal(projects('client').updateProject({ project: { id, name: 'lost' } })),
  );
  await expect.poll(() => waitingStatements(service)).toBe(transactions);

  await server.stop();

  for (const outcome of await Promise.all(inFlight)) expect(outcome).toMatchObject(unavailable);
  for (const way of ways) {
    await expect(refusal(projects(way).getProject({ id }))).resolves.toMatchObject(unavailable);
    await expect(refusal(projects(way).listProjects({}))).resolves.toMatchObject(unavailable);
    const create = projects(way).createProject({ project: { name: 'never' } });
    const error = ConnectError.from(await create.catch((reason: unknown) => reason));
    await expect(refusal(Promise.reject(error))).resolves.toMatchObject(unavailable);
    expect(error.findDetails(RetryInfoSchema)).toHaveLength(1);
  }
  await expect.poll(readiness).toBe(503);
  await expect(health()).resolves.toBe('NOT_SERVING');

  server = await launch();

  await expect.poll(readiness).toBe(200);
  await expect(health()).resolves.toBe('SERVING');
  // As many as there are connections, and more.
  const reads = await Promise.all(
    Array.from({ length: 3 * POOL }, () => projects('client').listProjects({ namePrefix: name })),
  );
  expect(reads.map((read) => read.projects.map((project) => project.id))).toEqual(Array(3 * POOL).fill([id]));
  const updates = await Promise.all(
    ways.map((way) => projects(way).updateProject({ project: { id, description: way } })),
  );
  expect(updates.map(({ project }) => project?.name)).toEqual([name, name]);
});
