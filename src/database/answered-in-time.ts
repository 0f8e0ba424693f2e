import type { QueryExecutorProvider } from 'kysely';
import { databaseUnavailable } from './failures.ts';
import { Queries } from './queries.ts';

/** Milliseconds within which the database must answer. */
const ANSWER_MS = 10_000;

/**
 * Asks the database what several wait for, and what has the deadline of none of them: over a connection that the network
 * has forgotten no answer ever comes. Rejects with DATABASE_UNAVAILABLE when it is late, and when `asking` aborts before
 * with its reason.
 */
export async function answeredInTime<T>(
  db: QueryExecutorProvider,
  question: (read: Queries) => Promise<T>,
  asking = new AbortController(),
): Promise<T> {
  const late = setTimeout(() => {
    asking.abort(databaseUnavailable(new Error('the database did not answer in time')));
  }, ANSWER_MS);
  try {
    return await question(new Queries(db, asking.signal));
  } finally {
    clearTimeout(late);
  }
}
