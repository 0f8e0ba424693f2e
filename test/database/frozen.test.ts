import type { MikroORM } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accessReader } from '../../src/database/access-reader.ts';
import { runChange } from '../../src/database/change.ts';
import { databaseFailure } from '../../src/database/failures.ts';
import { migrate } from '../../src/database/migrate.ts';
import { openOrm } from '../../src/database/orm.ts';
import { Queries } from '../../src/database/queries.ts';
import { runSnapshot } from '../../src/database/snapshot.ts';
import type { UnitOfWork } from '../../src/database/unit-of-work.ts';
import { execute } from '../support/database.ts';
import { type FreezablePostgres, startFreezablePostgres } from '../support/freezable-postgres.ts';
import { expectNothingUnheard } from '../support/unheard.ts';
import { rename } from './support/changes.ts';

const closing = new AsyncDisposableStack();
let server: FreezablePostgres;

beforeAll(async () => {
  server = closing.use(await startFreezablePostgres());
  await migrate(server.url);
});
afterAll(() => closing.disposeAsync());

expectNothingUnheard();

describe('Whoever leaves while the database does not answer', () => {
  let orm: MikroORM;
  let pool: Pool;
  let caller: AbortController;
  const reason = new Error('the caller left');

  /** One connection: what is not given back, or given back in a wrong state, meets the next one. */
  beforeAll(async () => {
    orm = await openOrm({ url: server.url, poolMax: 1, applicationName: 'single', statementTimeoutMs: 0 });
    pool = await orm.em.getConnection().getNativeClient();
  });
  afterAll(() => orm.close(true));
  beforeEach(() => {
    caller = new AbortController();
  });
  afterEach(async () => {
    server.thaw();
    await expect(backend()).resolves.toBeTypeOf('number');
    expect([pool.totalCount, pool.idleCount, pool.waitingCount]).toEqual([1, 1, 0]);
  });

  const author = { actorId: null, service: 'test', method: 'Test.Change', requestId: 'request' };

  function change<T>(work: (unit: UnitOfWork) => Promise<T>): Promise<T> {
    return runChange(orm, author, caller.signal, work);
  }

  function read(signal = new AbortController().signal): Queries {
    return new Queries(orm.em.getKysely(), signal);
  }

  /** The server's process of the only connection. */
  async function backend(): Promise<number> {
    const { rows: found } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(read());
    return found[0]?.pid ?? 0;
  }

  /** The caller goes once what follows has been sent. */
  function leaveSoon(): void {
    setTimeout(() => caller.abort(reason));
  }

  async function aNamedProject(): Promise<string> {
    const [row] = await execute(server.url, `insert into projects (name) values ('before') returning id`);
    return String(row?.id);
  }

  async function nameOf(id: string): Promise<unknown> {
    const [row] = await execute(server.url, `select name from projects where id = '${id}'`);
    return row?.name;
  }

  it('does not wait for a statement, and its connection is given up', async () => {
    await backend();
    await server.freeze();
    leaveSoon();
    await expect(sql`select 1`.execute(read(caller.signal))).rejects.toBe(reason);
    expect(pool.totalCount).toBe(0);
  });

  it('does not wait for a process of the server that no cancellation reaches', async () => {
    await server.freeze(await backend());
    leaveSoon();
    await expect(sql`select 1`.execute(read(caller.signal))).rejects.toBe(reason);
    expect(pool.totalCount).toBe(0);
  });

  it('leaves no connection behind that a late cancellation could still meet', async () => {
    const first = await backend();
    const query = sql`select pg_sleep(0.3)`.execute(read(caller.signal));
    await server.freeze(server.pid);
    leaveSoon();
    // It has ended by itself.
    await expect(query).resolves.toBeDefined();
    expect(pool.totalCount).toBe(0);
    server.thaw();
    await expect(backend()).resolves.not.toBe(first);
  });

  it('does not wait for a transaction to begin, and its connection is given up', async () => {
    await backend();
    await server.freeze();
    leaveSoon();
    await expect(change(async () => {})).rejects.toBe(reason);
    await expect.poll(() => pool.totalCount).toBe(0);
  });

  it('does not wait for a rollback', async () => {
    const id = await aNamedProject();
    const left = change(async (unit) => {
      await rename(unit, id, 'after');
      await server.freeze();
      leaveSoon();
      throw new Error('refused');
    });
    await expect(left).rejects.toBe(reason);
    expect(pool.totalCount).toBe(0);
    server.thaw();
    await expect(nameOf(id)).resolves.toBe('before');
  });

  it('does not wait for a commit, and cannot know what becomes of it', async () => {
    const id = await aNamedProject();
    const left = change(async (unit) => {
      await rename(unit, id, 'after');
      unit.goOn();
      await server.freeze();
      leaveSoon();
    });
    await expect(left).rejects.toBe(reason);
    expect(pool.totalCount).toBe(0);
    server.thaw();
    await expect.poll(() => nameOf(id)).toBe('after');
  });

  it('does not wait for the statement of a snapshot', async () => {
    const left = runSnapshot(orm, caller.signal, async (snapshot) => {
      await sql`declare numbers no scroll cursor for select generate_series(1, 1000)`.execute(snapshot);
      await server.freeze();
      leaveSoon();
      await sql`fetch forward 10 from numbers`.execute(snapshot);
    });
    await expect(left).rejects.toBe(reason);
    expect(pool.totalCount).toBe(0);
  });

  it('does not wait for the end of a snapshot', async () => {
    const left = runSnapshot(orm, caller.signal, async (snapshot) => {
      await sql`select 1`.execute(snapshot);
      await server.freeze();
      leaveSoon();
      return 'what was read';
    });
    await expect(left).resolves.toBe('what was read');
    expect(pool.totalCount).toBe(0);
  });

  it('leaves no question about access behind, though those belong to several calls', async () => {
    await backend();
    await server.freeze();
    const question = accessReader(pool).person('6b1e8a52-5f0e-4b0e-9a64-0d7d8f9d7c11');
    const failure = databaseFailure(await question.catch((error: unknown) => error));
    expect(failure?.reason).toBe('DATABASE_UNAVAILABLE');
    expect(pool.totalCount).toBe(0);
  });
});
