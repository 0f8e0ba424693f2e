import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await database.close();
});

async function ids(expression: string, from = 'generate_series(1, 1000) as n'): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(`select ${expression} as id from ${from}`);
  return rows.map((row) => row.id);
}

const VERSION_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const milliseconds = (id: string | undefined) =>
  Number.parseInt((id ?? '').replace('-', '').slice(0, 12), 16);

test.each(['uuid_v7()', 'uuid_v7(now(), n)'])(
  '%s makes ids of version 7 and the RFC variant, each only once',
  async (call) => {
    const made = await ids(call);
    expect(made.filter((id) => !VERSION_7.test(id))).toEqual([]);
    expect(new Set(made).size).toBe(made.length);
  },
);

test('an id begins with the millisecond, cut off and not rounded', async () => {
  const [id] = await ids("uuid_v7('2026-03-01 12:00:00.123999+00', 1)", '(select) as one');
  expect(milliseconds(id)).toBe(Date.UTC(2026, 2, 1, 12, 0, 0, 123));
});

test('ids of one moment sort by their number, up to the 2^26th', async () => {
  const numbers =
    '(select unnest(array[0, 1, 2, 16383, 16384, 16385, 16777216, 67108862, 67108863]) as n) as ns';
  const made = await ids('uuid_v7(now(), n)', numbers);
  expect(made).toEqual([...made].sort());
  expect(made.filter((id) => !VERSION_7.test(id))).toEqual([]);
});

test('a number too large changes neither time nor version', async () => {
  const [id] = await ids("uuid_v7('2026-03-01 12:00:00+00', 67108864)", '(select) as one');
  expect(id).toMatch(VERSION_7);
  expect(milliseconds(id)).toBe(Date.UTC(2026, 2, 1, 12));
});

test('an id of a later moment sorts after every id of an earlier one', async () => {
  const [late] = await ids("uuid_v7('2026-03-01 12:00:00.001+00', 0)", '(select) as one');
  const [early] = await ids("uuid_v7('2026-03-01 12:00:00+00', 67108863)", '(select) as one');
  expect([late, early].sort()).toEqual([early, late]);
});

test('uuid_v7() holds the present moment and rises with every microsecond', async () => {
  const before = Date.now();
  const made = await ids('uuid_v7()');
  expect(milliseconds(made[0])).toBeGreaterThanOrEqual(before);
  expect(milliseconds(made.at(-1))).toBeLessThanOrEqual(Date.now());
  const tick = (id: string) => id.slice(0, 18);
  expect(made.map(tick)).toEqual(made.map(tick).sort());
});
