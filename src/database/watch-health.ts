import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'pg';
import { sqlState } from './sql-state.ts';

/** Milliseconds between two questions, and the time that an answer may take. */
const INTERVAL_MS = 1000;
const ANSWER_MS = 2000;

/** Seconds after which the question is asked over a new connection: old ones outlive a password that has changed. */
const RENEWAL_S = 5;

/**
 * How the database takes a question. One that `refuses` a further session, having no room or another password, serves
 * those that are open.
 */
export type DatabaseHealth = 'answers' | 'refuses' | 'silent';

/**
 * Asks the database again and again whether it answers, until `signal` aborts. Says so at the first answer and
 * whenever it changes, what it failed with, and how it was before. Over a connection of its own: that calls keep all
 * others busy is no failure of the database.
 */
export async function watchHealth(
  url: string,
  signal: AbortSignal,
  say: (health: DatabaseHealth, failure: unknown, before: DatabaseHealth | undefined) => void,
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
  let last: DatabaseHealth | undefined;
  while (!signal.aborted) {
    const failure = await pool.query('select 1').then(
      () => undefined,
      (error: unknown) => error,
    );
    if (signal.aborted) break;
    const health = healthOf(failure, last);
    if (health !== last) say(health, failure, last);
    last = health;
    await pause(INTERVAL_MS, undefined, { signal }).catch(() => {});
  }
  await pool.end();
}

function healthOf(failure: unknown, last: DatabaseHealth | undefined): DatabaseHealth {
  if (failure === undefined) return 'answers';
  // Sessions that are open are left from a time when it answered.
  const wasThere = last === 'answers' || last === 'refuses';
  return wasThere && isRefusal(sqlState(failure)) ? 'refuses' : 'silent';
}

/** A login that is refused (class 28), or too many connections. */
function isRefusal(state: string | undefined): boolean {
  return state !== undefined && /^28|^53300$/.test(state);
}
