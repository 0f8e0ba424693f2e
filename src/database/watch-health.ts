import { setTimeout as pause } from 'node:timers/promises';
import type { MikroORM } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { Queries } from './queries.ts';

/** Milliseconds between two questions, and the time that an answer may take. */
const INTERVAL_MS = 1000;
const ANSWER_MS = 2000;

/**
 * Asks the database again and again whether it answers, until `signal` aborts. Says so at the first answer and
 * whenever it changes.
 */
export async function watchHealth(
  orm: MikroORM,
  signal: AbortSignal,
  say: (healthy: boolean) => void,
): Promise<void> {
  let last: boolean | undefined;
  while (!signal.aborted) {
    const healthy = await answers(orm);
    if (signal.aborted) return;
    if (healthy !== last) say(healthy);
    last = healthy;
    await pause(INTERVAL_MS, undefined, { signal }).catch(() => {});
  }
}

async function answers(orm: MikroORM): Promise<boolean> {
  try {
    await sql`select 1`.execute(new Queries(orm.em.getKysely(), AbortSignal.timeout(ANSWER_MS)));
    return true;
  } catch {
    return false;
  }
}
