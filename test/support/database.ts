import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the one server of a test run; see `global-setup.ts`. */
    readonly adminDatabaseUrl: string;
  }
}

/** The migrated database that every test database is a copy of. Nobody can connect to it. */
export const templateDatabase = 'migrated_template';

export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  /** Drops the database, disconnecting whoever is still connected. */
  close(): Promise<void>;
}

/**
 * A migrated, empty database of one's own, in about 10 ms; usually one for each test file. Copied as files: page by
 * page, through the log, takes three times as long.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const adminUrl = inject('adminDatabaseUrl');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await execute(adminUrl, `create database ${name} template ${templateDatabase} strategy file_copy`);
  const close = async () => {
    await execute(adminUrl, `drop database if exists ${name} with (force)`);
  };
  return { url: databaseUrl(adminUrl, name), close, [Symbol.asyncDispose]: close };
}

/** The URL of another database of the same server. */
export function databaseUrl(adminUrl: string, name: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/**
 * Executes statements one after the other, each a transaction of its own, on a connection of their own;
 * resolves to the rows of the last one.
 */
export async function execute(
  url: string,
  ...statements: readonly string[]
): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) ({ rows } = await client.query(statement));
    return rows;
  } finally {
    await client.end();
  }
}
