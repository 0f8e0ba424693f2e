import { MikroORM, type PostgreSqlDriver } from '@mikro-orm/postgresql';
import { entities } from '../entities/index.ts';
import { LastingClient } from './lasting-client.ts';
import { NamingStrategy } from './naming.ts';
import { OrmDriver, type PoolOptions } from './orm-driver.ts';
import { PooledClient } from './pooled-client.ts';

export interface OrmOptions {
  /** `postgres://…`, with the parameters that `pg` understands: `?sslmode=`, or a socket's folder as `?host=`. */
  readonly url: string;
  /** The URL leads to a pooler of transactions, whose sessions are shared: none is to be set up. */
  readonly pooled?: boolean;
  /** The most connections at a time; further queries wait for one, at most ten seconds. */
  readonly poolMax: number;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  /** A statement that runs longer is cancelled by the server; 0 for no limit. */
  readonly statementTimeoutMs: number;
  /** Hears of idle connections that were lost; a query in flight fails on its own. */
  readonly log?: (message: string) => void;
}

/** A transaction that sits idle holds locks: after this long its session is ended. */
const IDLE_IN_TRANSACTION_MS = 60_000;

/** A query that has no connection by then fails: the server does not answer, or the pool is far too small. */
const CONNECT_MS = 10_000;

/**
 * Opens a pool of connections to a migrated database. Connects with the first query, so a database that cannot be
 * reached shows there. Close it with `close()`.
 *
 * Take `em.fork()` for each unit of work; the entity manager itself refuses to hold entities. Sessions run in UTC:
 * `timestamp.ts` relies on it.
 *
 * Limits of time belong to the session. Where that is shared they come with each transaction, at no further round trip;
 * statements by themselves have those of their calls.
 */
export async function openOrm(options: OrmOptions): Promise<MikroORM> {
  const { log, pooled = false } = options;
  const limits = {
    statement_timeout: options.statementTimeoutMs,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  };
  const driverOptions: PoolOptions = {
    // MikroORM takes the URL apart and drops its parameters: pg reads it whole.
    connectionString: options.url,
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_MS,
    Client: pooled ? PooledClient : LastingClient,
    onPoolCreated: (pool) => pool.on('error', (error) => log?.(`lost a connection: ${error.message}`)),
    ...(pooled ? {} : limits),
    inTransactions: pooled
      ? Object.entries(limits).map(([name, milliseconds]) => `set local ${name} = ${milliseconds}`)
      : [],
  };
  return await MikroORM.init<PostgreSqlDriver>({
    clientUrl: options.url,
    driver: OrmDriver,
    entities: [...entities],
    namingStrategy: NamingStrategy,
    pool: { min: 0, max: options.poolMax },
    driverOptions,
  });
}
