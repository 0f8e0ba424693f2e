import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { graph, id } from './graph-fixture.ts';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(graph);
});

afterAll(async () => {
  await client.end();
  await database.close();
});

beforeEach(async () => {
  await client.query('begin');
});

afterEach(async () => {
  await client.query('rollback');
});

const count = async (table: string) =>
  Number((await client.query(`select count(*) from ${table}`)).rows[0].count);

test('deleting a workflow takes its jobs, triggers and edges along', async () => {
  await client.query(`delete from workflow_snapshots; delete from workflows where id = '${id('d1')}'`);
  expect([await count('jobs'), await count('triggers'), await count('workflow_edges')]).toEqual([1, 1, 0]);
});

test('deleting a workflow is refused while it has versions or snapshots', async () => {
  await expect(client.query(`delete from workflows where id = '${id('d1')}'`)).rejects.toMatchObject({
    constraint: 'workflow_snapshots_workflow_id_fkey',
  });
});

test('deleting a job takes its edges along and leaves the trigger without a cursor', async () => {
  await client.query(`delete from jobs where workflow_id = '${id('d1')}'`);
  expect(await count('workflow_edges')).toBe(0);
  const { rows } = await client.query(
    `select workflow_id, cron_cursor_job_id from triggers where id = '${id('f1')}'`,
  );
  expect(rows).toEqual([{ workflow_id: id('d1'), cron_cursor_job_id: null }]);
});

test('deleting a trigger takes its edges along', async () => {
  await client.query(`delete from triggers where id = '${id('f1')}'`);
  expect(await count('workflow_edges')).toBe(0);
});

test("deleting a project's credential leaves its jobs without one", async () => {
  await client.query(
    `update jobs set project_credential_id = '${id('c2')}'; delete from project_credentials`,
  );
  expect(await count('jobs where project_credential_id is null')).toBe(3);
});
