import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres.ts';
import { migrate } from '../../src/database/migrate.ts';
import { makeClusterFolder } from './cluster-folder.ts';
import { databaseUrl, execute, templateDatabase } from './database.ts';

/** One PostgreSQL for the whole run, with a migrated database to copy from: see `createTestDatabase`. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  await using undo = new AsyncDisposableStack();
  const folder = await makeClusterFolder('test');
  undo.defer(() => rm(folder, { recursive: true }));
  const dataDir = join(folder, 'data');
  const log = { info() {}, debug() {} };
  const postgres = await startEmbeddedPostgres({ dataDir, log, durable: false, maxConnections: 300 });
  undo.defer(() => postgres.stop());

  // What was written ahead takes room in memory, and nobody recovers from it.
  await execute(postgres.url, "alter system set max_wal_size = '128MB'", 'select pg_reload_conf()');
  await execute(postgres.url, `create database ${templateDatabase}`);
  await migrate(databaseUrl(postgres.url, templateDatabase));
  // PostgreSQL copies only a database to which nobody is connected; this way nobody can be.
  await execute(
    postgres.url,
    `alter database ${templateDatabase} with is_template true allow_connections false`,
  );

  provide('adminDatabaseUrl', postgres.url);
  const teardown = undo.move();
  return () => teardown.disposeAsync();
}
