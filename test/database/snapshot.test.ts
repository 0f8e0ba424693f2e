import type { MikroORM } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openOrm } from '../../src/database/orm.ts';
import { openSnapshot, runSnapshot } from '../../src/database/snapshot.ts';
import { sqlState } from '../../src/database/sql-state.ts';
import { createTestDatabase, execute, type TestDatabase } from '../support/database.ts';

const POOL = 2;
let database: TestDatabase;
let orm: MikroORM;

beforeAll(async () => {
  database = await createTestDatabase();
  orm = await openOrm({
    url: database.url,
    poolMax: POOL,
    applicationName: 'snapshots',
    statementTimeoutMs: 0,
  });
});

afterAll(async () => {
  await orm.close(true);
  await database.close();
});

const { signal } = new AbortController();

async function countProjects(read: Parameters<Parameters<typeof runSnapshot>[2]>[0]): Promise<number> {
  const { count } = await read
    .selectFrom('projects')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

function addProject() {
  return execute(database.url, `insert into projects (name) values ('another')`);
}

async function openTransactions(): Promise<number> {
  const [row] = await execute(
    database.url,
    `select count(*)::int as count from pg_stat_activity
     where application_name = 'snapshots' and xact_start is not null`,
  );
  return Number(row?.count);
}

it('shows all statements the same state of the database', async () => {
  const counts = await runSnapshot(orm, signal, async (read) => {
    const before = await countProjects(read);
    await addProject();
    return [before, await countProjects(read)];
  });
  expect(counts[1]).toBe(counts[0]);
  await expect(runSnapshot(orm, signal, countProjects)).resolves.toBe(Number(counts[0]) + 1);
});

it('lets nothing be written', async () => {
  const write = runSnapshot(orm, signal, (read) =>
    read.insertInto('projects').values({ name: 'written' }).execute(),
  );
  await expect(write.catch(sqlState)).resolves.toBe('25006');
});

it('ends its transaction when the reading fails', async () => {
  const wrong = runSnapshot(orm, signal, async (read) => {
    await sql`select 1 / 0`.execute(read);
  });
  await expect(wrong.catch(sqlState)).resolves.toBe('22012');
  await expect(openTransactions()).resolves.toBe(0);
});

it('ends its transaction when the caller leaves, and answers why', async () => {
  const caller = new AbortController();
  const reason = new Error('the caller left');
  const left = runSnapshot(orm, caller.signal, async (read) => {
    const slow = sql`select pg_sleep(60)`.execute(read);
    await expect.poll(openTransactions).toBe(1);
    caller.abort(reason);
    await slow;
  });
  await expect(left).rejects.toBe(reason);
  await expect(openTransactions()).resolves.toBe(0);
});

it('stays open until it is disposed of', async () => {
  const snapshot = await openSnapshot(orm, signal);
  await countProjects(snapshot.read);
  await expect(openTransactions()).resolves.toBe(1);
  await snapshot[Symbol.asyncDispose]();
  await expect(openTransactions()).resolves.toBe(0);
});

it('tells what went wrong when its connection is lost, and gives the place in the pool back', async () => {
  for (let loss = 0; loss <= POOL; loss += 1) {
    const lost = runSnapshot(orm, signal, async (read) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(read);
      await execute(database.url, `select pg_terminate_backend(${rows[0]?.pid}, 5000)`);
      await countProjects(read);
    });
    // Not a SuppressedError, whose cause nobody would look for.
    await expect(lost).rejects.toThrow(/terminat|not queryable/i);
  }
  await expect(runSnapshot(orm, signal, countProjects)).resolves.toBeTypeOf('number');
});

it('does not wait for a connection when the caller leaves', async () => {
  const holders = await Promise.all(Array.from({ length: POOL }, () => openSnapshot(orm, signal)));
  const caller = new AbortController();
  const left = openSnapshot(orm, caller.signal);
  caller.abort(new Error('the caller left'));
  await expect(left).rejects.toThrow('the caller left');
  await Promise.all(holders.map((holder) => holder[Symbol.asyncDispose]()));
  await expect(runSnapshot(orm, signal, countProjects)).resolves.toBeTypeOf('number');
});
