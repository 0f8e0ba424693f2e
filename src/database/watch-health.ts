import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'pg';
import { sqlState } from './sql-state.ts';

/** Milliseconds between two questions, and the time that an answer may take. */
const INTERVAL_MS = 1000;
const ANSWER_MS = 2000;

/** Seconds after which the question is asked over a new connection: old ones outlive a password that has changed. */
const RENEWAL_S = 2;

/** too_many_connections */
const NO_ROOM = '53300';

/**
 * Asks the database again and again whether it answers, until `signal` aborts. Says so at the first answer and
 * whenever it changes, and why it does not. Over a connection of its own: that calls keep all others busy is no failure
 * of the database, and neither is it that the server takes no further ones.
 */
export async function watchHealth(
  url: string,
  signal: AbortSignal,
  say: (healthy: boolean, failure: unknown) => void,
): Promise<void> {
  const pool = new Pool({
    connectionString: url,
    max: 1,
    connectionTimeoutMillis: ANSWER_MS,
    query_timeout: ANSWER_MS,
    maxLifetimeSeconds: RENEWAL_S,
    application_name: 'lightning-projects health',
  });
  // A connection that is lost between two questions: the next one tells.
  pool.on('error', () => {});
  let last: boolean | undefined;
  while (!signal.aborted) {
    const failure = await pool.query('select 1').then(
      () => undefined,
      (error: unknown) => error,
    );
    if (signal.aborted) break;
    const healthy = failure === undefined || (last === true && sqlState(failure) === NO_ROOM);
    if (healthy !== last) say(healthy, failure);
    last = healthy;
    await pause(INTERVAL_MS, undefined, { signal }).catch(() => {});
  }
  await pool.end();
}
