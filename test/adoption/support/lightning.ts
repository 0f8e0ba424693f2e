import { randomBytes } from 'node:crypto';
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

/** Makes a Lightning database that holds {@link lightningRows}. */
export async function createLightning(): Promise<Lightning> {
  const adminUrl = inject('adminDatabaseUrl');
  const name = `lightning_${randomBytes(8).toString('hex')}`;
  await execute(adminUrl, `create database ${name}`);
  const url = databaseUrl(adminUrl, name);
  await execute(url, lightningSchema + lightningRows);
  return {
    url,
    sql: (...statements) => execute(url, ...statements),
    async [Symbol.asyncDispose]() {
      await execute(adminUrl, `drop database ${name} with (force)`);
    },
  };
}
