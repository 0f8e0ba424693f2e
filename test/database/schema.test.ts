import type { MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOrm } from '../../src/database/orm.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let client: pg.Client;
let orm: MikroORM;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  orm = await openOrm({
    url: database.url,
    poolMax: 1,
    applicationName: 'schema test',
    statementTimeoutMs: 10_000,
  });
});

afterAll(async () => {
  await orm.close();
  await client.end();
  await database.close();
});

describe('the migrated schema', () => {
  test('is the one that the entities declare', async () => {
    // MikroORM knows no triggers with transition tables and no overloaded functions: head-hash.test.ts,
    // constraints.test.ts and uuid-v7.test.ts cover what those do.
    orm.config.set('schemaGenerator', {
      ...orm.config.get('schemaGenerator'),
      ignoreTriggers: true,
      ignoreRoutines: true,
      skipTables: ['projects_service_migrations'],
      // The job queue's own.
      ignoreSchema: ['graphile_worker'],
    });
    const difference = await orm.schema.getUpdateSchemaSQL({ wrap: false });
    // Nor does it know foreign keys to columns other than the primary key.
    expect(difference.split('\n').filter((line) => line !== '')).toEqual([
      'alter table "project_users" drop constraint "project_users_owner_fkey";',
      'alter table "triggers" drop constraint "triggers_cron_cursor_job_fkey";',
      'alter table "workflow_edges" drop constraint "workflow_edges_source_job_fkey";',
      'alter table "workflow_edges" drop constraint "workflow_edges_source_trigger_fkey";',
      'alter table "workflow_edges" drop constraint "workflow_edges_target_job_fkey";',
    ]);
  });

  test('has an index behind every foreign key, for deletes of what it points to', async () => {
    const { rows } = await client.query(`
      select conrelid::regclass::text as table, conname as key
      from pg_constraint
      where contype = 'f' and not exists (
        select from pg_index
        where indrelid = conrelid and indisvalid and indpred is null
        and conkey <@ (string_to_array(indkey::text, ' ')::smallint[])[1:cardinality(conkey)]
      )`);
    expect(rows).toEqual([]);
  });

  test('sorts what lists sort by bytewise', async () => {
    const { rows } = await client.query(`
      select table_name || '.' || column_name as column from information_schema.columns
      where table_schema = 'public' and collation_name = 'C' order by 1`);
    expect(rows.map((row) => row.column)).toEqual([
      'collections.name',
      'credentials.name',
      'dataclips.name',
      'invitations.email',
      'jobs.name',
      'keychain_credentials.name',
      'projects.name',
      'users.email',
      'users.first_name',
      'users.last_name',
      'webhook_auth_methods.name',
      'workflows.name',
    ]);
  });

  test('keeps every moment in UTC microseconds', async () => {
    const { rows } = await client.query(`
      select table_name, column_name from information_schema.columns
      where table_schema = 'public' and (data_type like 'timestamp without%' or datetime_precision <> 6)`);
    expect(rows).toEqual([]);
  });
});
