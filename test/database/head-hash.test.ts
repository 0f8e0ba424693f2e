import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let client: pg.Client;
let other: pg.Client;
let projects: Record<string, string>;
let workflows: Record<string, string>;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  other = new pg.Client({ connectionString: database.url });
  await Promise.all([client.connect(), other.connect()]);
});

afterAll(async () => {
  await Promise.all([client.end(), other.end()]);
  await database.close();
});

/** Three projects `a`, `b`, `c` with a workflow of the same name and one version; all heads known. */
beforeEach(async () => {
  await client.query('delete from workflow_versions; delete from workflows; delete from projects');
  projects = await idsByName("insert into projects (name) values ('a'), ('b'), ('c') returning id, name");
  workflows = await idsByName(
    'insert into workflows (project_id, name) select id, name from projects returning id, name',
  );
  await client.query(`insert into workflow_versions (workflow_id, hash, source)
    select id, 'aaaaaaaaaaaa', 'app' from workflows`);
  await client.query("update projects set head_hash = 'cccccccccccc'");
});

async function idsByName(sql: string): Promise<Record<string, string>> {
  const { rows } = await client.query<{ id: string; name: string }>(sql);
  return Object.fromEntries(rows.map(({ id, name }) => [name, id]));
}

async function namesOfForgotten(): Promise<string[]> {
  const { rows } = await client.query('select name from projects where head_hash is null order by name');
  return rows.map((row) => row.name);
}

test('a new version makes the head of its project unknown, and no other', async () => {
  await client.query(
    "insert into workflow_versions (workflow_id, hash, source) values ($1, 'bbbbbbbbbbbb', 'app')",
    [workflows.a],
  );
  expect(await namesOfForgotten()).toEqual(['a']);
});

test('one statement may write versions of many projects', async () => {
  await client.query(
    `insert into workflow_versions (workflow_id, hash, source)
     select unnest($1::uuid[]), 'bbbbbbbbbbbb', 'app'`,
    [[workflows.a, workflows.b]],
  );
  expect(await namesOfForgotten()).toEqual(['a', 'b']);
});

test('a changed version makes the head unknown', async () => {
  await client.query("update workflow_versions set hash = 'bbbbbbbbbbbb' where workflow_id = $1", [
    workflows.b,
  ]);
  expect(await namesOfForgotten()).toEqual(['b']);
});

test('a version that moves to another workflow makes both heads unknown', async () => {
  await client.query('update workflow_versions set workflow_id = $1 where workflow_id = $2', [
    workflows.a,
    workflows.b,
  ]);
  expect(await namesOfForgotten()).toEqual(['a', 'b']);
});

test('a deleted version makes the head unknown', async () => {
  await client.query('delete from workflow_versions where workflow_id = $1', [workflows.c]);
  expect(await namesOfForgotten()).toEqual(['c']);
});

test('a workflow deleted in one statement with its versions makes the head unknown', async () => {
  await client.query(
    `with gone as (delete from workflow_versions where workflow_id = $1)
     delete from workflows where id = $1`,
    [workflows.a],
  );
  expect(await namesOfForgotten()).toEqual(['a']);
});

test('a workflow that moves to another project makes both heads unknown', async () => {
  await client.query('update workflows set project_id = $1 where id = $2', [projects.a, workflows.b]);
  expect(await namesOfForgotten()).toEqual(['a', 'b']);
});

test('forgetting the head leaves lock_version and updated_at alone', async () => {
  const read = 'select lock_version, updated_at from projects order by name';
  const before = await client.query(read);
  await client.query('delete from workflow_versions');
  expect((await client.query(read)).rows).toEqual(before.rows);
});

test('who fills the cache waits for a version that is being written, even when the head is unknown', async () => {
  await client.query('update projects set head_hash = null');
  await client.query('begin');
  await client.query(
    "insert into workflow_versions (workflow_id, hash, source) values ($1, 'bbbbbbbbbbbb', 'app')",
    [workflows.a],
  );
  const lock = other.query('select from projects where id = $1 for no key update nowait', [projects.a]);
  await expect(lock).rejects.toMatchObject({ code: '55P03' });
  await client.query('rollback');
});

test('a version waits for who fills the cache, and then makes the head unknown', async () => {
  await client.query('update projects set head_hash = null');
  const pid = (await client.query('select pg_backend_pid() as pid')).rows[0].pid;
  await other.query('begin');
  await other.query('select from projects where id = $1 for no key update', [projects.a]);
  const version = client.query(
    "insert into workflow_versions (workflow_id, hash, source) values ($1, 'bbbbbbbbbbbb', 'app')",
    [workflows.a],
  );
  await expect
    .poll(
      async () => (await other.query('select pg_blocking_pids($1) <> array[]::int[] as waits', [pid])).rows,
    )
    .toEqual([{ waits: true }]);
  await other.query("update projects set head_hash = 'dddddddddddd'");
  await other.query('commit');
  await version;
  expect(await namesOfForgotten()).toEqual(['a']);
});
