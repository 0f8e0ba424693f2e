import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseConnection } from 'kysely';

/** Milliseconds after which a query that was told to end, and has not, is told again. */
const TELL_AGAIN_MS = 100;

/**
 * Runs `query` on a connection, and once `signal` aborts cancels it in the database: then it rejects with the signal's
 * reason as soon as the query has ended.
 *
 * Settles only when nothing is under way any more that could cancel whatever runs next on the connection; PostgreSQL
 * ignores a cancellation that reaches an idle session.
 */
export async function cancelledBy<T>(
  signal: AbortSignal,
  connection: DatabaseConnection,
  query: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  let stopCancelling: (() => Promise<void>) | undefined;
  const cancel = () => {
    stopCancelling = startCancelling(connection);
  };
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return await query();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', cancel);
    await stopCancelling?.();
  }
}

/** Cancels what runs on the connection, again and again, until the returned function was called and has resolved. */
function startCancelling(connection: DatabaseConnection): () => Promise<void> {
  const over = new AbortController();
  const ended = cancelUntil(over.signal, connection);
  return async () => {
    over.abort();
    await ended;
  };
}

async function cancelUntil(over: AbortSignal, connection: DatabaseConnection): Promise<void> {
  while (!over.aborted) {
    // Once is not enough: the query may not have reached the server yet, and the connection that this takes may fail.
    await connection.cancelQuery?.(noOtherConnection).catch(() => {});
    await pause(TELL_AGAIN_MS, undefined, { signal: over }).catch(() => {});
  }
}

/** The driver connects by itself: of the pool's connections there may be none left just when it matters. */
async function noOtherConnection(): Promise<never> {
  throw new Error('the driver cannot connect to cancel a query');
}

/**
 * Runs what has to wait for a connection first. Once it has called `arrived` it runs to its end; when `signal` aborts
 * before, this rejects with the signal's reason at once, and so does `arrived` if a connection still comes.
 */
export async function waitingFor<T>(
  signal: AbortSignal,
  run: (arrived: () => void) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const leave = () => reject(signal.reason);
  const stay = () => signal.removeEventListener('abort', leave);
  signal.addEventListener('abort', leave, { once: true });
  const arrived = () => {
    signal.throwIfAborted();
    stay();
  };
  run(arrived).then(resolve, reject);
  try {
    return await promise;
  } finally {
    stay();
  }
}
