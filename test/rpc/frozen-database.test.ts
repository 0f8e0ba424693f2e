import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { OperationsService } from '../../src/gen/lightning/projects/v1/operations_service_pb.ts';
import { type FreezablePostgres, startFreezablePostgres } from '../support/freezable-postgres.ts';
import { keptLog } from '../support/logged.ts';
import { aLargeProject, aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { lockProject, waitingStatements } from '../support/rival.ts';
import { rows } from '../support/rows.ts';
import { DirectoryService, ProjectsService, startTestService, type TestService } from '../support/service.ts';

const POOL = 4;
const ways = ['client', 'httpClient'] as const;
type Way = (typeof ways)[number];

const closing = new AsyncDisposableStack();
const kept = keptLog();
let server: FreezablePostgres;
let service: TestService;

beforeAll(async () => {
  server = closing.use(await startFreezablePostgres());
  const env = { DATABASE_URL: server.url, DATABASE_POOL_SIZE: String(POOL) };
  service = closing.use(await startTestService(env, kept.log));
});
afterEach(() => server.thaw());
afterAll(() => closing.disposeAsync());

/** The deadline as the service is told of it, for a call with a name: a client that knew it would end the call by itself. */
function late(way: Way, name: string, milliseconds: number) {
  const headers: Record<string, string> =
    way === 'client'
      ? { 'grpc-timeout': `${milliseconds}m` }
      : { 'connect-timeout-ms': String(milliseconds) };
  return { headers: { ...headers, 'x-request-id': name } };
}

/** The caller is told, and nothing is left of the call: the gRPC listener answers before that. */
async function expectLate(call: Promise<unknown>, name: string): Promise<void> {
  await expect(refusal(call)).resolves.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  const ended = () => kept.entries.find((entry) => entry.request_id === name);
  await expect.poll(ended).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
}

function readOnce(way: Way, options?: ReturnType<typeof late>) {
  return service[way](DirectoryService, service.admin).batchGetUsers(
    { ids: ['6b1e8a52-5f0e-4b0e-9a64-0d7d8f9d7c11'] },
    options,
  );
}

/** As many at once as there may be connections, and more. */
async function readOften(): Promise<void> {
  await Promise.all(Array.from({ length: 2 * POOL }, () => ways.map((way) => readOnce(way))).flat());
}

/** The service answers, over all connections that it may have and no more, and nothing runs on any. */
async function expectHealthy(): Promise<void> {
  await readOften();
  const states = async () => {
    const sessions = await rows<{ state: string }>(
      service,
      `select state from pg_stat_activity
       where datname = current_database() and application_name = 'lightning-projects'`,
    );
    return sessions.map(({ state }) => state);
  };
  await expect.poll(async () => new Set(await states())).toEqual(new Set(['idle']));
  expect((await states()).length).toBeLessThanOrEqual(POOL);
}

describe('A call whose deadline passes while the database does not answer', () => {
  it('ends soon after, when it reads', async () => {
    // So that there are connections on which to ask.
    await readOften();
    await server.freeze();
    const reads = ways.map((way) => expectLate(readOnce(way, late(way, `read-${way}`, 500)), `read-${way}`));
    await Promise.all(reads);
    server.thaw();
    await expectHealthy();
  });

  it('ends soon after, when it changes something, which then has not happened', async () => {
    const { id, name } = await aProject(service);
    const rival = await lockProject(service, id);
    const updates = ways.map((way) => {
      const called = `change-${way}`;
      const request = { project: { id, name: 'late' } };
      const update = service[way](ProjectsService, service.admin).updateProject(
        request,
        late(way, called, 3000),
      );
      return expectLate(update, called);
    });
    await expect.poll(() => waitingStatements(service)).toBe(ways.length);
    await server.freeze();
    await Promise.all(updates);
    server.thaw();
    await rival.leave();
    await expectHealthy();
    const projects = service.client(ProjectsService, service.admin);
    const { project } = await projects.updateProject({ project: { id, color: '#fff' } });
    expect(project?.name).toBe(name);
  });

  it('ends soon after, in the middle of a stream', async () => {
    // Far more than sockets and what is in front of them take.
    const { id: projectId } = await aLargeProject(service, 12);
    const begun = ways.map(() => Promise.withResolvers<void>());
    const streams = ways.map((way, index) => {
      const called = `stream-${way}`;
      const stream = service[way](ProjectsService, service.admin).exportProject(
        { projectId },
        late(way, called, 3000),
      );
      const read = async () => {
        for await (const _ of stream) {
          begun[index]?.resolve();
          await frozen;
        }
      };
      // One that is over before it has begun keeps the other one waiting for nothing.
      return () =>
        expectLate(
          read().finally(() => begun[index]?.resolve()),
          called,
        );
    });
    const frozen = Promise.all(begun.map(({ promise }) => promise)).then(() => server.freeze());
    await Promise.all(streams.map((ended) => ended()));
    server.thaw();
    await expectHealthy();
  });
});

describe('A watch of an operation while the database does not answer', () => {
  it('ends, though no deadline of a call is that of what all watches read', async () => {
    const { id: projectId } = await aProject(service);
    const [operation] = await rows<{ id: string }>(
      service,
      `insert into operations (kind, project_id) values ('delete_project', $1) returning id`,
      [projectId],
    );
    const watches = ways.map((way) =>
      service[way](OperationsService, service.admin)
        .watchOperation({ id: operation?.id ?? '' })
        [Symbol.asyncIterator](),
    );
    await Promise.all(watches.map((watch) => watch.next()));
    await server.freeze();
    const refusals = await Promise.all(watches.map((watch) => refusal(watch.next())));
    for (const { reason } of refusals) expect(reason).toBe('DATABASE_UNAVAILABLE');
    server.thaw();
    await expectHealthy();
  });
});
