import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'pg';

/** Milliseconds between two questions, and the time that an answer may take. */
const INTERVAL_MS = 1000;
const ANSWER_MS = 2000;

/**
 * Asks the database again and again whether it answers, until `signal` aborts. Says so at the first answer and
 * whenever it changes. Over a connection of its own: that calls keep all others busy is no failure of the database.
 */
export async function watchHealth(
  url: string,
  signal: AbortSignal,
  say: (healthy: boolean) => void,
): Promise<void> {
  const pool = new Pool({
    connectionString: url,
    max: 1,
    connectionTimeoutMillis: ANSWER_MS,
    query_timeout: ANSWER_MS,
    application_name: 'lightning-projects health',
  });
  // A connection that is lost between two questions: the next one tells.
  pool.on('error', () => {});
  let last: boolean | undefined;
  while (!signal.aborted) {
    const healthy = await answers(pool);
    if (signal.aborted) break;
    if (healthy !== last) say(healthy);
    last = healthy;
    await pause(INTERVAL_MS, undefined, { signal }).catch(() => {});
  }
  await pool.end();
}

async function answers(pool: Pool): Promise<boolean> {
  try {
    await pool.query('select 1');
    return true;
  } catch {
    return false;
  }
}
