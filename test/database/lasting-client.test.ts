import { Query } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LastingClient } from '../../src/database/lasting-client.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let client: LastingClient;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new LastingClient({ connectionString: database.url });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await database.close();
});

describe('A query', () => {
  it('is answered by a promise, with values or without', async () => {
    await expect(client.query('select 1 as one')).resolves.toMatchObject({ rows: [{ one: 1 }] });
    await expect(client.query('select $1::text as text', ['a'])).resolves.toMatchObject({
      rows: [{ text: 'a' }],
    });
    await expect(client.query({ text: 'select $1::int as n', values: [2] })).resolves.toMatchObject({
      rows: [{ n: 2 }],
    });
  });

  it('that fails rejects with a stack that leads to whoever asked', async () => {
    const error: unknown = await client.query('select 1 / 0').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: '22012', stack: expect.stringContaining('lasting-client.test.ts') });
  });

  it('is answered through a callback by whoever brings one', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    client.query('select 3 as three', (_, result) => resolve(result.rows));
    await expect(promise).resolves.toEqual([{ three: 3 }]);
  });

  it('may be an object that hears of its rows by itself', async () => {
    const rows: unknown[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const query = client.query(new Query('select 4 as four'));
    query.on('row', (row: unknown) => rows.push(row));
    query.on('end', () => resolve());
    await promise;
    expect(rows).toEqual([{ four: 4 }]);
  });
});
