import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { lasting } from '../../src/database/lasting-pool.ts';

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
 *
 * @param template another database to copy, to which nobody is connected
 */
export async function createTestDatabase(template = templateDatabase): Promise<TestDatabase> {
  const adminUrl = inject('adminDatabaseUrl');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await execute(adminUrl, `create database ${name} template ${template} strategy file_copy`);
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
 * Executes statements one after the other, each a transaction of its own, on one connection; resolves to the rows of
 * the last one.
 */
export async function execute(
  url: string,
  ...statements: readonly string[]
): Promise<readonly Record<string, unknown>[]> {
  return await connected(url, async (client) => {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) ({ rows } = await client.query(statement));
    return rows;
  });
}

/** Milliseconds after which a connection that nobody needs is closed. */
const IDLE_MS = 1000;

const pools = new Map<string, pg.Pool>();

/**
 * Lends a connection as if it were a new one. Opening it costs both sides more than what most are opened for, so it is
 * kept a little for whoever comes next.
 */
export async function connected<T>(url: string, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  let pool = pools.get(url);
  if (pool === undefined) {
    // The database may be dropped meanwhile, or its server be gone.
    pool = lasting(
      new pg.Pool({ connectionString: url, max: 20, idleTimeoutMillis: IDLE_MS, allowExitOnIdle: true }),
    );
    pools.set(url, pool);
  }
  const client = await pool.connect();
  let isFit = false;
  try {
    const result = await work(client);
    await client.query('discard all');
    // At its end a session tells what it read and wrote, for the statistics.
    await client.query('select pg_stat_force_next_flush()');
    isFit = true;
    return result;
  } finally {
    client.release(!isFit);
  }
}
