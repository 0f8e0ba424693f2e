import type { MikroORM } from '@mikro-orm/postgresql';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Settings } from '../settings.ts';
import { StartupError } from '../startup-error.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { failureReason } from './failure-reason.ts';
import { forgetForeignEvents } from './forget-foreign-events.ts';
import { migrate } from './migrate.ts';
import { openOrm } from './orm.ts';

/** Milliseconds after which the server itself ends a statement that no deadline ended. */
export const STATEMENT_TIMEOUT_MS = 15 * 60_000;

/** More connections than a process has beside its pool: for jobs, events, health and its start. */
const CONNECTIONS_BESIDE = 15;

/** A migrated database and the connections to it. */
export interface OpenDatabase extends AsyncDisposable {
  readonly orm: MikroORM;
  /** The connections of `orm`, for prepared statements. */
  readonly pool: Pool;
  readonly url: string;
  /** Where sessions are one's own: the way past a pooler, for what listens, locks or migrates. Often `url` itself. */
  readonly directUrl: string;
  /** Whether `url` leads to a pooler. */
  readonly pooled: boolean;
  /** Names of the migrations that ran for it now. */
  readonly migrations: readonly string[];
  /** Calls back when the embedded server ends although nobody stopped it. */
  onLoss(listener: (reason: Error) => void): void;
}

/**
 * Opens the database of the settings: the server of DATABASE_URL, or an embedded one in DATA_DIR. Brings its schema
 * up to date first; processes that start together wait for each other.
 *
 * @throws StartupError with one line when the database cannot be reached or used
 */
export async function openDatabase(
  settings: Pick<Settings, 'database' | 'dataDir' | 'workers'>,
  log: Logger,
): Promise<OpenDatabase> {
  await using undo = new AsyncDisposableStack();
  const embedded =
    settings.database.url === undefined
      ? await startEmbeddedPostgres({
          dataDir: settings.dataDir,
          maxConnections: Math.max(100, settings.workers * (settings.database.poolSize + CONNECTIONS_BESIDE)),
          log: { info: (line) => log.info(line), debug: (line) => log.debug(line) },
        })
      : undefined;
  if (embedded !== undefined) undo.defer(() => embedded.stop());
  const url = settings.database.url ?? embedded?.url ?? '';
  const directUrl = settings.database.directUrl ?? url;
  const pooled = settings.database.directUrl !== undefined;

  const migrations = await usable(pooled ? 'DATABASE_DIRECT_URL' : 'DATABASE_URL', directUrl, () =>
    migrate(directUrl),
  );
  if (migrations.length > 0) log.info({ migrations }, 'the schema was brought up to date');
  const orm = await openOrm({
    url,
    pooled,
    poolMax: settings.database.poolSize,
    applicationName: 'lightning-projects',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    log: (message) => log.warn(message),
  });
  undo.defer(() => orm.close(true));
  await usable('DATABASE_URL', url, () => forgetForeignEvents(orm));

  const stack = undo.move();
  return {
    orm,
    pool: await orm.em.getConnection().getNativeClient(),
    url,
    directUrl,
    pooled,
    migrations,
    onLoss: (listener) => embedded?.onExit(listener),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Does what needs the database; when it fails, with one line that says of which setting. */
async function usable<T>(setting: string, url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StartupError) throw error;
    throw new StartupError(`${setting} ${withoutPassword(url)} cannot be used: ${failureReason(error)}`, {
      cause: error,
    });
  }
}

function withoutPassword(url: string): string {
  try {
    const parsed = new URL(url);
    return `${parsed.protocol}//${parsed.username === '' ? '' : `${parsed.username}@`}${parsed.host}${parsed.pathname}`;
  } catch {
    return '(not a URL)';
  }
}
