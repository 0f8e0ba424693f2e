import type { MikroORM } from '@mikro-orm/postgresql';
import { type KyselyPlugin, sql } from 'kysely';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { openOrm } from '../../src/database/orm.ts';
import { Queries } from '../../src/database/queries.ts';
import { createTestDatabase, execute, type TestDatabase } from '../support/database.ts';
import { holdBack } from '../support/held-connection.ts';

let database: TestDatabase;
let orm: MikroORM;

beforeAll(async () => {
  database = await createTestDatabase();
  orm = await openSingle(database.url);
});

afterAll(async () => {
  await orm.close(true);
  await database.close();
});

/** One connection: what one query leaves behind meets the next one. */
function openSingle(url: string): Promise<MikroORM> {
  return openOrm({ url, poolMax: 1, applicationName: 'queries', statementTimeoutMs: 0 });
}

function reader(signal: AbortSignal, from: MikroORM = orm): Queries {
  return new Queries(from.em.getKysely(), signal);
}

/** What the only connection does at the moment. */
async function running(): Promise<string | undefined> {
  const [row] = await execute(
    database.url,
    `select query from pg_stat_activity where application_name = 'queries' and state = 'active'`,
  );
  return row === undefined ? undefined : String(row.query);
}

const reason = new Error('the caller left');

/** What a request for a cancellation begins with: its length, and the code that stands where others have a version. */
const CANCEL_REQUEST = Buffer.from([0, 0, 0, 16, 4, 210, 22, 46]);

it('does not start once the call is over', async () => {
  const query = sql`insert into projects (name) values ('late')`.execute(reader(AbortSignal.abort(reason)));
  await expect(query).rejects.toBe(reason);
  await expect(execute(database.url, `select 1 from projects where name = 'late'`)).resolves.toEqual([]);
});

it('is cancelled in the database when the call ends, and says why the call ended', async () => {
  const call = new AbortController();
  const query = sql`select pg_sleep(60)`.execute(reader(call.signal));
  await expect.poll(running).toBe('select pg_sleep(60)');
  call.abort(reason);
  await expect(query).rejects.toBe(reason);
  await expect(running()).resolves.toBeUndefined();
});

it('leaves its connection as good as new', async () => {
  const call = new AbortController();
  const query = sql`select pg_sleep(60)`.execute(reader(call.signal));
  await expect.poll(running).toBeDefined();
  call.abort(reason);
  const next = sql<{ one: number }>`select 1 as one`.execute(reader(new AbortController().signal));
  await expect(query).rejects.toBe(reason);
  await expect(next).resolves.toMatchObject({ rows: [{ one: 1 }] });
});

it('is not touched by what ends after it', async () => {
  const call = new AbortController();
  await sql`select 1`.execute(reader(call.signal));
  call.abort(reason);
  const next = sql`select pg_sleep(0.05)`.execute(reader(new AbortController().signal));
  await expect(next).resolves.toBeDefined();
});

it('fails with its own error when it was not cancelled', async () => {
  const query = sql`select 1 / 0`.execute(reader(new AbortController().signal));
  await expect(query).rejects.toThrow('division by zero');
});

it('does not wait for a connection longer than its call lasts', async () => {
  const holder = sql`select pg_sleep(0.5)`.execute(reader(new AbortController().signal));
  const call = new AbortController();
  const query = sql`select 1`.execute(reader(call.signal));
  call.abort(reason);
  await expect(query).rejects.toBe(reason);
  await expect.poll(running).toBe('select pg_sleep(0.5)');
  await holder;
  // The connection that came too late for it is free.
  await expect(sql`select 1`.execute(reader(new AbortController().signal))).resolves.toBeDefined();
});

it('never cancels the next query of its connection, however late the cancellation comes', async () => {
  await using way = await holdBack(database.url, CANCEL_REQUEST);
  const single = await openSingle(way.url);
  onTestFinished(() => single.close(true));
  const pool = await single.em.getConnection().getNativeClient();

  const call = new AbortController();
  const first = sql`select pg_sleep(0.3)`.execute(reader(call.signal, single));
  await expect.poll(running).toBe('select pg_sleep(0.3)');
  call.abort(reason);
  await way.held;
  const second = sql`select pg_sleep(0.2)`.execute(reader(new AbortController().signal, single));
  // The first one ended by itself. Either it keeps the connection, or the second one is under way.
  await expect.poll(running).not.toBe('select pg_sleep(0.3)');
  await expect.poll(async () => pool.waitingCount === 1 || (await running()) !== undefined).toBe(true);
  way.release();

  await expect(second).resolves.toBeDefined();
  await first;
});

it('survives a cancellation whose connection breaks', async () => {
  await using way = await holdBack(database.url, CANCEL_REQUEST);
  const single = await openSingle(way.url);
  onTestFinished(() => single.close(true));

  const call = new AbortController();
  const query = sql`select pg_sleep(60)`.execute(reader(call.signal, single));
  await expect.poll(running).toBe('select pg_sleep(60)');
  call.abort(reason);
  await way.held;
  way.reset();
  await expect(query).rejects.toBe(reason);
  await expect(running()).resolves.toBeUndefined();
});

it('keeps the plugins of its builder', async () => {
  const doubled: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => ({ ...result, rows: [...result.rows, ...result.rows] }),
  };
  const read = reader(new AbortController().signal).withPlugin(doubled);
  await execute(database.url, `insert into projects (name) values ('once')`);
  const rows = await read.selectFrom('projects').select('name').where('name', '=', 'once').execute();
  expect(rows).toHaveLength(2);
});
