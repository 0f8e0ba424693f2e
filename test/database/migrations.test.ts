import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { migrate } from '../../src/database/migrate.ts';
import { migrations } from '../../src/database/migrations/index.ts';
import { StartupError } from '../../src/startup-error.ts';
import { databaseUrl, execute } from '../support/database.ts';
import { holdBack } from '../support/held-connection.ts';

const names = migrations.map((migration) => migration.name);
const adminUrl = inject('adminDatabaseUrl');
let database: string;
let url: string;

beforeEach(async () => {
  database = `migrations_${crypto.randomUUID().replaceAll('-', '')}`;
  url = databaseUrl(adminUrl, database);
  await execute(adminUrl, `create database ${database}`);
});

afterEach(() => execute(adminUrl, `drop database ${database} with (force)`));

async function tables(): Promise<string[]> {
  const found = await execute(url, "select tablename from pg_tables where schemaname = 'public' order by 1");
  return found.map(({ tablename }) => String(tablename));
}

test('names of migrations are unique and in the order in which they run', () => {
  expect(names).toEqual([...new Set(names)].sort());
});

test('an empty database gets every migration, and a second run finds nothing to do', async () => {
  expect(await migrate(url)).toEqual(names);
  expect(await migrate(url)).toEqual([]);
});

test('a database of an earlier version gets the migrations that it lacks', async () => {
  await migrate(url, migrations.slice(0, 2));
  expect(await migrate(url)).toEqual(names.slice(2));
});

test('processes that start together migrate once and all carry on', async () => {
  const ran = await Promise.all([migrate(url), migrate(url), migrate(url)]);
  expect(ran.flat()).toEqual(names);
});

test('a connection that breaks on the way is an error and not the end of the process', async () => {
  await using way = await holdBack(url, 'pg_advisory_xact_lock');
  const refusal = migrate(way.url);
  refusal.catch(() => {});
  await way.held;
  way.reset();
  await expect(refusal).rejects.toThrow(/ECONNRESET|Connection terminated/);
});

test('a migration that fails leaves the database as it was', async () => {
  const broken = { name: '9999_broken', sql: 'create table half_done (); select 1 / 0' };
  await expect(migrate(url, [...migrations, broken])).rejects.toThrow('division by zero');
  expect(await tables()).toEqual([]);
});

test('a schema that is newer than the code is refused by name and left alone', async () => {
  const newer = { name: '9999_from_the_future', sql: 'create table future ()' };
  await migrate(url, [...migrations.slice(0, 1), newer]);
  const before = await tables();
  const refusal = migrate(url);
  await expect(refusal).rejects.toThrow(StartupError);
  await expect(refusal).rejects.toThrow('newer version of this service (9999_from_the_future)');
  expect(await tables()).toEqual(before);
});
