import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres.ts';
import { migrate } from '../../src/database/migrate.ts';
import { databaseUrl, execute, templateDatabase } from './database.ts';

/** One PostgreSQL for the whole run, with a migrated database to copy from: see `createTestDatabase`. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  await using undo = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'lightning-projects-test-'));
  undo.defer(() => rm(dataDir, { recursive: true }));
  const log = { info() {}, debug() {} };
  const postgres = await startEmbeddedPostgres({ dataDir, log, durable: false, maxConnections: 300 });
  undo.defer(() => postgres.stop());

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
