import { readFile } from 'node:fs/promises';
import type { MikroORM } from '@mikro-orm/postgresql';
import { type QueryExecutorProvider, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OrmOptions, openOrm } from '../../src/database/orm.ts';
import type { Database } from '../../src/database/tables.ts';
import { Event, Project, ProjectUser, User, Workflow, WorkflowSnapshot } from '../../src/entities/index.ts';
import { createTestDatabase, execute, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let orm: MikroORM;

beforeAll(async () => {
  database = await createTestDatabase();
  orm = await open();
});

afterAll(async () => {
  await orm.close();
  await database.close();
});

const open = (options: Partial<OrmOptions> = {}) =>
  openOrm({
    url: database.url,
    poolMax: 2,
    applicationName: 'orm test',
    statementTimeoutMs: 10_000,
    ...options,
  });

test('a row has its id, a version 7 UUID, before it is written', () => {
  const project = orm.em.fork().create(Project, { name: 'first' });
  expect(project.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
});

test('entities come back as they were written', async () => {
  const em = orm.em.fork();
  const user = em.create(User, { email: 'somebody@example.org' });
  const project = em.create(Project, { name: 'first', historyRetentionPeriod: 30 });
  em.create(ProjectUser, { project, user, role: 'owner' });
  const workflow = em.create(Workflow, { project, name: 'flow', positions: { node: { x: 1, y: -2.5 } } });
  await em.flush();

  const read = await orm.em.fork().findOneOrFail(Workflow, workflow.id, { populate: ['project'] });
  expect(read.positions).toEqual({ node: { x: 1, y: -2.5 } });
  expect(read.project.$).toMatchObject({ name: 'first', historyRetentionPeriod: 30, description: null });
  expect(read.insertedAt).toEqual(workflow.insertedAt);
});

test('what is left out of a new entity takes the default of its column, also as JSON', async () => {
  const em = orm.em.fork();
  const project = em.create(Project, { name: 'defaults' });
  const workflow = em.create(Workflow, { project, name: 'flow' });
  const snapshot = em.create(WorkflowSnapshot, { workflow, name: 'flow', lockVersion: 1 });
  await em.flush();
  expect(project).toMatchObject({ retentionPolicy: 'retain_all', requiresMfa: false, lockVersion: 1 });
  expect(snapshot).toMatchObject({ jobs: [], triggers: [], edges: [] });
  const read = await orm.em.fork().findOneOrFail(WorkflowSnapshot, snapshot.id);
  expect(read).toMatchObject({ jobs: [], triggers: [], edges: [], positions: null });
});

test('a change raises lock_version and is refused when another came first', async () => {
  const em = orm.em.fork();
  const project = em.create(Project, { name: 'versioned' });
  await em.flush();
  const stale = await orm.em.fork().findOneOrFail(Project, project.id);
  project.description = 'first';
  await em.flush();
  expect(project.lockVersion).toBe(2);
  const late = orm.em.fork();
  late.merge(stale);
  stale.description = 'second';
  await expect(late.flush()).rejects.toThrow('optimistic lock');
});

test('an event carries the id of the transaction that wrote it', async () => {
  await orm.em.fork().transactional(async (em) => {
    const event = em.create(Event, { kind: 'project_created', data: { name: 'x' } });
    await em.flush();
    const { rows } = await sql<{ xid: string }>`select pg_current_xact_id() as xid`.execute(em.getKysely());
    expect(event.xid).toBe(rows[0]?.xid);
  });
});

test('Kysely gives the values that the table types promise', async () => {
  const db = orm.em.getKysely<Database>();
  const written = '2026-01-01 10:00:00.123456+00';
  await db
    .insertInto('operations')
    .values({ kind: 'test', input: '{"list":[1]}', total_units: 9007199254740993n, run_at: written })
    .execute();
  const operation = await db
    .selectFrom('operations')
    .select(['input', 'total_units', 'done_units', 'run_at', 'attempts', 'project_id'])
    .executeTakeFirstOrThrow();
  expect(operation).toEqual({
    input: { list: [1] },
    total_units: '9007199254740993',
    done_units: '0',
    run_at: written,
    attempts: 0,
    project_id: null,
  });

  const bytes = Buffer.from([0, 255]);
  await db
    .insertInto('idempotency_keys')
    .values({ subject: 's', method: 'm', request_id: crypto.randomUUID(), request_hash: bytes })
    .execute();
  const key = await db.selectFrom('idempotency_keys').select(['request_hash', 'response']).executeTakeFirst();
  expect(key).toEqual({ request_hash: bytes, response: null });
});

test('sessions run in UTC, under their name, and do not wait idle in a transaction for ever', async () => {
  const { rows } =
    await sql`select current_setting('TimeZone') as zone, current_setting('application_name') as name,
    current_setting('idle_in_transaction_session_timeout') as idle`.execute(orm.em.getKysely());
  expect(rows).toEqual([{ zone: 'UTC', name: 'orm test', idle: '1min' }]);
});

test('behind a pooler each transaction brings its limits, and leaves none to the session', async () => {
  const pooled = await open({ pooled: true, poolMax: 1 });
  const limits = async (db: QueryExecutorProvider) => {
    const { rows } = await sql`select current_setting('TimeZone') as zone,
      current_setting('statement_timeout') as statement,
      current_setting('idle_in_transaction_session_timeout') as idle`.execute(db);
    return rows;
  };
  const db = pooled.em.getKysely();
  expect(await db.transaction().execute(limits)).toEqual([{ zone: 'UTC', statement: '10s', idle: '1min' }]);
  const readOnly = db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only');
  expect(
    await readOnly.execute(async (read) => {
      const { rows } = await sql`select current_setting('transaction_isolation') as isolation,
        current_setting('transaction_read_only') as read_only`.execute(read);
      return [...(await limits(read)), ...rows];
    }),
  ).toEqual([
    { zone: 'UTC', statement: '10s', idle: '1min' },
    { isolation: 'repeatable read', read_only: 'on' },
  ]);
  expect(await limits(db)).toEqual([{ zone: 'UTC', statement: '0', idle: '0' }]);
  await pooled.close();
});

test('a statement that takes too long is cancelled by the server', async () => {
  const impatient = await open({ statementTimeoutMs: 50 });
  const slow = sql`select pg_sleep(30)`.execute(impatient.em.getKysely());
  await expect(slow).rejects.toMatchObject({ code: '57014' });
  await impatient.close();
});

test('the pool opens no more connections than it may', async () => {
  const pids = await Promise.all(
    Array.from({ length: 8 }, () =>
      sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(orm.em.getKysely()),
    ),
  );
  expect(new Set(pids.map(({ rows }) => rows[0]?.pid)).size).toBeLessThanOrEqual(2);
});

test('a lost connection is logged, and the next query gets another', async () => {
  const logged: string[] = [];
  const log = (message: string) => logged.push(message);
  const single = await open({ poolMax: 1, applicationName: 'to be lost', log });
  await sql`select 1`.execute(single.em.getKysely());
  await execute(
    database.url,
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'to be lost'",
  );
  await expect.poll(() => logged).toEqual([expect.stringContaining('lost a connection')]);
  await expect(sql`select 1`.execute(single.em.getKysely())).resolves.toBeDefined();
  await single.close();
});

test('the entity manager itself holds no entities: each unit of work forks it', async () => {
  await expect(orm.em.find(Project, {})).rejects.toThrow('global EntityManager');
});

// Only there a process sees the timers of its sockets.
test.runIf(process.platform === 'linux')(
  'a connection that is silent is asked whether it is still there',
  async () => {
    const { rows } = await sql<{ port: number }>`select inet_client_port() as port`.execute(
      orm.em.getKysely(),
    );
    const port = rows[0]?.port.toString(16).toUpperCase().padStart(4, '0');
    const timer = async () => {
      const sockets = (await readFile('/proc/net/tcp', 'utf8'))
        .split('\n')
        .map((line) => line.trim().split(/\s+/));
      return sockets.find(([, local]) => local?.endsWith(`:${port}`))?.[5];
    };
    // 02 is that of keepalive; right after an answer it may be another one.
    await expect.poll(timer).toMatch(/^02:/);
  },
);
