import { sql } from 'kysely';
import type { Pool } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { migrate } from '../../src/database/migrate.ts';
import { openOrm } from '../../src/database/orm.ts';
import { EventHub, type Watcher } from '../../src/events/event-hub.ts';
import { type FreezablePostgres, startFreezablePostgres } from '../support/freezable-postgres.ts';

const closing = new AsyncDisposableStack();
let server: FreezablePostgres;
let pool: Pool;
let hub: EventHub;

beforeAll(async () => {
  server = closing.use(await startFreezablePostgres());
  await migrate(server.url);
});
afterAll(() => closing.disposeAsync());

/** Its only connection answers no more, while the server does: what a network does that has forgotten a connection. */
beforeEach(async () => {
  const orm = await openOrm({ url: server.url, poolMax: 1, applicationName: 'hub', statementTimeoutMs: 0 });
  pool = await orm.em.getConnection().getNativeClient();
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(orm.em.getKysely());
  await server.freeze(...rows.map(({ pid }) => pid));
  hub = new EventHub(orm.em.getKysely(), server.url, pino({ level: 'silent' }));
  return async () => {
    server.thaw();
    await hub.close();
    await orm.close(true);
  };
});

const watcher: Watcher = { userId: null, hear() {}, end() {} };

it('gives up what it was not answered, and asks over another connection', async () => {
  await expect(hub.join(watcher)).resolves.toMatchObject({ seen: expect.stringMatching(/^\d+:\d+:/) });
});

it('closes without the answer that it waits for', async () => {
  void hub.join(watcher);
  await expect.poll(() => pool.idleCount).toBe(0);
  await hub.close();
});
