import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres.ts';
import { migrate } from '../../src/database/migrate.ts';

export interface BenchDatabase extends AsyncDisposable {
  readonly url: string;
  readonly client: pg.Client;
}

/** A migrated PostgreSQL of the bench's own, in a temporary folder, with the server's default durability. */
export async function openBenchDatabase(): Promise<BenchDatabase> {
  await using undo = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'lightning-projects-bench-'));
  undo.defer(() => rm(dataDir, { recursive: true }));
  const postgres = await startEmbeddedPostgres({ dataDir, log: { info() {}, debug() {} } });
  undo.defer(() => postgres.stop());
  await migrate(postgres.url);
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  undo.defer(() => client.end());
  const stack = undo.move();
  return { url: postgres.url, client, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
