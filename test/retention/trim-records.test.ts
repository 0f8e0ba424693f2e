import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openOrm } from '../../src/database/orm.ts';
import { trimTasks } from '../../src/retention/trim-records.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { rows } from '../support/rows.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

it('Events and kept answers go once nobody can ask for them, however many there are', async () => {
  const of = { databaseUrl: database.url };
  await rows(
    of,
    `insert into events (kind, project_id, inserted_at)
     select 'project_updated', gen_random_uuid(), now() - n * interval '1 minute' from generate_series(1, 20 * 24 * 60) n`,
  );
  await rows(
    of,
    `insert into idempotency_keys (subject, method, request_id, request_hash, inserted_at)
     select 'someone', 'A.Method', gen_random_uuid(), '\\x00', now() - n * interval '1 hour' from generate_series(1, 400) n`,
  );
  await rows(
    of,
    `insert into operations (kind, project_id, state, inserted_at)
     select kind, gen_random_uuid(), state, now() - n * interval '1 day'
     from generate_series(1, 60) n, (values ('enforce_retention', 'succeeded'), ('enforce_retention', 'failed'),
       ('delete_project', 'succeeded')) as done (kind, state)`,
  );
  await using orm = await opened(database.url);
  const [task] = Object.values(trimTasks(orm.orm));
  await task?.({}, new AbortController().signal);
  const [left] = await rows<{ events: number; answers: number; oldest: boolean }>(
    of,
    `select (select count(*)::int from events) as events, (select count(*)::int from idempotency_keys) as answers,
            (select min(inserted_at) >= now() - interval '8 days' from events) as oldest`,
  );
  const listed = await rows(
    of,
    'select kind, state, count(*)::int as count from operations group by kind, state order by kind, state',
  );
  expect(listed).toEqual([
    { kind: 'delete_project', state: 'succeeded', count: 60 },
    { kind: 'enforce_retention', state: 'failed', count: 60 },
    { kind: 'enforce_retention', state: 'succeeded', count: 29 },
  ]);
  expect(left?.oldest).toBe(true);
  expect(left?.events).toBeGreaterThanOrEqual(8 * 24 * 60 - 1);
  expect(left?.answers).toBeGreaterThanOrEqual(7 * 24 - 1);
  expect(left?.answers).toBeLessThanOrEqual(7 * 24);
});

async function opened(url: string) {
  const orm = await openOrm({ url, poolMax: 2, applicationName: randomUUID(), statementTimeoutMs: 10_000 });
  return { orm, [Symbol.asyncDispose]: () => orm.close(true) };
}
