import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openOrm } from '../../src/database/orm.ts';
import { prepared } from '../../src/database/prepared.ts';
import { Queries } from '../../src/database/queries.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

/** The names of the statements that the only connection has prepared, after one ran twice and one past Kysely. */
async function preparedNames(pooled: boolean): Promise<unknown[]> {
  const orm = await openOrm({
    url: database.url,
    pooled,
    poolMax: 1,
    applicationName: 'prepared',
    statementTimeoutMs: 0,
  });
  try {
    const db = new Queries(orm.em.getKysely(), new AbortController().signal);
    for (const number of [1, 2]) {
      const { rows } = await prepared('double', sql`select 2 * ${number}::int as twice`).execute(db);
      expect(rows).toEqual([{ twice: 2 * number }]);
    }
    const pool = await orm.em.getConnection().getNativeClient();
    await pool.query({ name: 'half', text: 'select $1::int / 2', values: [4] });
    const { rows } = await sql<{
      name: string;
    }>`select name from pg_prepared_statements order by name`.execute(db);
    return rows.map(({ name }) => name);
  } finally {
    await orm.close(true);
  }
}

it('A statement that is marked or named is prepared under its name', async () => {
  expect(await preparedNames(false)).toEqual(['double', 'half']);
});

it('Where sessions are shared, nothing is prepared', async () => {
  expect(await preparedNames(true)).toEqual([]);
});
