import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseConnection } from 'kysely';
import type { Ending } from '../call/ending.ts';

/** Milliseconds after which a query that was told to end, and has not, is told again. */
const TELL_AGAIN_MS = 100;

/**
 * Milliseconds that a call which is over gives the database to end what it does for it. A server that was frozen, or that
 * the network does not reach, would let the call wait for ever; one that takes so long for a cancellation or a rollback
 * is hardly better.
 */
const GRACE_MS = 2000;

/** A connection that can be given up. */
export interface Connection extends DatabaseConnection {
  /** Breaks it off: what runs on it fails, and it never goes back to a pool. */
  destroy?(): void;
}

/**
 * Runs `query` on a connection, and once `signal` aborts cancels it in the database: then it rejects with the signal's
 * reason as soon as the query has ended. When that takes more than {@link GRACE_MS} the connection is destroyed, and the
 * query ends with it.
 *
 * Settles only when nothing is under way any more that could cancel whatever runs next on the connection; PostgreSQL
 * ignores a cancellation that reaches an idle session.
 */
export async function cancelledBy<T>(
  signal: AbortSignal,
  connection: Connection,
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
function startCancelling(connection: Connection): () => Promise<void> {
  const over = new AbortController();
  const late = destroyLater(connection);
  const ended = cancelUntil(over.signal, connection);
  return async () => {
    over.abort();
    await ended;
    clearTimeout(late);
  };
}

function destroyLater(connection: Connection): NodeJS.Timeout {
  return setTimeout(() => connection.destroy?.(), GRACE_MS);
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
 * Runs `work` on a connection that it has to itself, unless `signal` has aborted. When it still has it {@link GRACE_MS}
 * after the signal aborted, the connection is destroyed: whatever it waits for there, such as a rollback, fails.
 */
export async function holding<T>(
  signal: AbortSignal,
  connection: Connection,
  work: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  let late: NodeJS.Timeout | undefined;
  const expire = () => {
    late = destroyLater(connection);
  };
  signal.addEventListener('abort', expire, { once: true });
  try {
    return await work();
  } finally {
    signal.removeEventListener('abort', expire);
    clearTimeout(late);
  }
}

/**
 * Runs what has to wait for a connection first. Once it has called `arrived` it runs to its end; when `signal` aborts
 * before, this rejects with the signal's reason at once, and so does `arrived` if a connection still comes.
 */
export function waitingFor<T>(signal: Ending, run: (arrived: () => void) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const leave = () => reject(signal.reason);
    const stay = () => signal.removeEventListener('abort', leave);
    signal.addEventListener('abort', leave, { once: true });
    const arrived = () => {
      signal.throwIfAborted();
      stay();
    };
    run(arrived).finally(stay).then(resolve, reject);
  });
}
