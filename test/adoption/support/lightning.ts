import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { createTestDatabase, databaseUrl, execute } from '../../support/database.ts';
import { lightningRows } from './lightning-rows.ts';
import { lightningSchema } from './lightning-schema.ts';

/** A Lightning database of one's own, beside the service's. */
export interface Lightning extends AsyncDisposable {
  readonly url: string;
  /** Executes statements one after the other; the rows of the last one. */
  sql(...statements: readonly string[]): Promise<readonly Record<string, unknown>[]>;
}

/** Makes a Lightning database that holds {@link lightningRows}: a copy of the first one that the process made. */
export async function createLightning(): Promise<Lightning> {
  first ??= createFirst();
  const { url, close } = await createTestDatabase(await first);
  return { url, sql: (...statements) => execute(url, ...statements), [Symbol.asyncDispose]: close };
}

let first: Promise<string> | undefined;

async function createFirst(): Promise<string> {
  const adminUrl = inject('adminDatabaseUrl');
  const name = `lightning_${randomBytes(8).toString('hex')}`;
  await execute(adminUrl, `create database ${name}`);
  const client = new pg.Client(databaseUrl(adminUrl, name));
  await client.connect();
  await client.query(lightningSchema + lightningRows);
  // Nobody may be connected to what is copied.
  await client.end();
  return name;
}
