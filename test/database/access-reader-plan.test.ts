import type { MikroORM } from '@mikro-orm/postgresql';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AccessReader } from '../../src/call/access.ts';
import { accessReader } from '../../src/database/access-reader.ts';
import { openOrm } from '../../src/database/orm.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let orm: MikroORM;
let pool: Pool;
let reader: AccessReader;
let members: readonly { readonly id: string; readonly user_id: string; readonly project_id: string }[];

beforeAll(async () => {
  database = await createTestDatabase();
  // One connection: the prepared statement and its plans can be asked after.
  orm = await openOrm({ url: database.url, poolMax: 1, applicationName: 'access', statementTimeoutMs: 0 });
  pool = await orm.em.getConnection().getNativeClient();
  reader = accessReader(pool);
  await fill();
  ({ rows: members } = await pool.query(
    `select id, user_id, project_id from project_users where role = 'editor' order by id desc limit 500`,
  ));
});

afterAll(async () => {
  await orm.close(true);
  await database.close();
});

/** 1,000 people in 100 of 1,000 projects each; every second project is a sandbox of the one before it. */
async function fill(): Promise<void> {
  await pool.query(`
    -- Foreign keys need not be checked, row by row, of what is made up here.
    set session_replication_role = replica;
    create temporary table u as select uuid_v7() as id, n from generate_series(1, 1000) n;
    create temporary table p as select uuid_v7() as id, n from generate_series(1, 1000) n;
    insert into users (id, email) select id, n || '@example.org' from u;
    insert into projects (id, name, parent_id)
      select p.id, 'project-' || p.n, parent.id
      from p left join p parent on parent.n = p.n - 1 and p.n % 2 = 0;
    insert into project_users (project_id, user_id, role)
      select p.id, u.id, case when (p.n + u.n) % 1000 = 0 then 'owner' else 'editor' end
      from u join p on (p.n + u.n) % 10 = 0;
    reset session_replication_role`);
  await pool.query('vacuum analyze users, projects, project_users');
}

/** Asks so many questions in one tick. */
async function ask(count: number): Promise<void> {
  const sights = await Promise.all(
    members.slice(0, count).map(({ user_id, project_id }) => reader.project(user_id, project_id)),
  );
  expect(sights.map(({ hat }) => hat)).toEqual(Array(count).fill('editor'));
}

it('is planned once for questions of every number', async () => {
  for (const count of [2, 5, 1, 100, 1, 500, 3, 1, 20, 1, 1, 1, 1, 7, 1]) await ask(count);
  const { rows } = await pool.query(
    `select name, generic_plans::int, custom_plans::int from pg_prepared_statements
     where name in ('one sight', 'sight') order by name`,
  );
  // Many questions are several statements; PostgreSQL always plans the first five anew.
  expect(rows).toEqual([
    { name: 'one sight', generic_plans: 3, custom_plans: 5 },
    { name: 'sight', generic_plans: 9, custom_plans: 5 },
  ]);
});

/** How a prepared statement is executed once it is planned for good: which tables it reads in which way. */
async function scansOf(execution: string): Promise<{ kind: string; table: string }[]> {
  await pool.query('set plan_cache_mode = force_generic_plan');
  const { rows } = await pool.query<{ 'QUERY PLAN': string }>(`explain execute ${execution}`);
  const plan = rows.map((line) => line['QUERY PLAN']);
  return plan
    .map((line) => /(?<kind>\w+)(?: Only)? Scan .*on (?<table>\w+)/.exec(line)?.groups ?? {})
    .map(({ kind = '', table = '' }) => ({ kind, table }))
    .filter(({ table }) => ['users', 'projects', 'project_users'].includes(table));
}

const PROBES = ['project_users', 'projects', 'users'];

it.each([1, 2])('only ever probes indexes, with 100,000 memberships and %i questions', async (count) => {
  await ask(count);
  const [{ user_id, project_id } = { user_id: '', project_id: '' }] = members;
  const scans = await scansOf(
    count === 1 ? `"one sight" ('${user_id}', '${project_id}')` : `sight ('{${user_id}}', '{${project_id}}')`,
  );
  expect(scans.map(({ table }) => table).toSorted()).toEqual(PROBES);
  expect(new Set(scans.map(({ kind }) => kind))).toEqual(new Set(['Index']));
});

it('finds a membership by its id with one probe more', async () => {
  const [{ id, user_id, project_id } = { id: '', user_id: '', project_id: '' }] = members;
  const sight = await reader.member(user_id, id);
  expect(sight).toMatchObject({ memberUserId: user_id, hat: 'editor', row: { id: project_id } });

  const scans = await scansOf(`"member sight" ('{${user_id}}', '{${id}}')`);
  expect(scans.map(({ table }) => table).toSorted()).toEqual(['project_users', ...PROBES]);
  expect(new Set(scans.map(({ kind }) => kind))).toEqual(new Set(['Index']));
});

it.each(['project_root(id)', 'root_standing(id, null)'])(
  '%s walks to the root by probes alone',
  async (walk) => {
    // What a function reads shows in what its tables were read for.
    const reads = async () => {
      await pool.query('select pg_stat_force_next_flush()');
      const { rows } = await pool.query<{ scanned: string; probes: string }>(
        `select seq_scan as scanned, idx_scan as probes from pg_stat_user_tables where relname = 'projects'`,
      );
      return { scanned: Number(rows[0]?.scanned), probes: Number(rows[0]?.probes) };
    };
    const before = await reads();
    await pool.query(`select ${walk} from projects where parent_id is not null order by id limit 10`);
    const after = await reads();
    expect(after.probes - before.probes).toBeGreaterThanOrEqual(20);
    expect(after.scanned - before.scanned).toBeLessThanOrEqual(1);
  },
);
