import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { databaseUrl, execute } from '../../support/database.ts';
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
  const adminUrl = inject('adminDatabaseUrl');
  first ??= createFirst(adminUrl);
  const name = await create(adminUrl, ` template ${await first} strategy file_copy`);
  const url = databaseUrl(adminUrl, name);
  return {
    url,
    sql: (...statements) => execute(url, ...statements),
    async [Symbol.asyncDispose]() {
      await execute(adminUrl, `drop database ${name} with (force)`);
    },
  };
}

let first: Promise<string> | undefined;

async function createFirst(adminUrl: string): Promise<string> {
  const name = await create(adminUrl);
  const client = new pg.Client(databaseUrl(adminUrl, name));
  await client.connect();
  await client.query(lightningSchema + lightningRows);
  // Nobody may be connected to what is copied.
  await client.end();
  return name;
}

async function create(adminUrl: string, like = ''): Promise<string> {
  const name = `lightning_${randomBytes(8).toString('hex')}`;
  await execute(adminUrl, `create database ${name}${like}`);
  return name;
}
