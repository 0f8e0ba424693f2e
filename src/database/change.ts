import { setTimeout as pause } from 'node:timers/promises';
import type { MikroORM } from '@mikro-orm/postgresql';
import { cancelOnAbort, Queries } from './queries.ts';
import { sqlState } from './sql-state.ts';
import { type Author, UnitOfWork } from './unit-of-work.ts';

export interface ChangeOptions {
  /** Do everything, then roll it back: what the change would answer, or how it would fail. */
  readonly validateOnly?: boolean;
}

/** serialization_failure and deadlock_detected: the same transaction may succeed when it is run again. */
const RETRYABLE = new Set(['40001', '40P01']);
const ATTEMPTS = 4;

/**
 * Runs `work` as one transaction and writes what it recorded as events and audit rows before it commits.
 *
 * After a serialization failure or a deadlock it starts again, at most three times, a few milliseconds apart.
 * Once `signal` aborts, the running statement is cancelled and everything rolled back.
 */
export async function runChange<T>(
  orm: MikroORM,
  author: Author,
  signal: AbortSignal,
  work: (unit: UnitOfWork) => Promise<T>,
  { validateOnly = false }: ChangeOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptChange(orm, author, signal, work, validateOnly);
    } catch (error) {
      if (error instanceof Validated) return error.answer as T;
      if (attempt === ATTEMPTS || !RETRYABLE.has(sqlState(error) ?? '')) throw error;
      await pause(5 * attempt + Math.random() * 10, undefined, { signal });
    }
  }
}

async function attemptChange<T>(
  orm: MikroORM,
  author: Author,
  signal: AbortSignal,
  work: (unit: UnitOfWork) => Promise<T>,
  validateOnly: boolean,
): Promise<T> {
  signal.throwIfAborted();
  return await orm.em.fork({ freshEventManager: true }).transactional(async (em) => {
    const executor = em.getKysely().getExecutor();
    const connection = await executor.provideConnection(async (own) => own);
    await connection.collectSessionInfo?.();
    const done = cancelOnAbort(connection, orm.em.getKysely().getExecutor(), signal);
    try {
      const unit = new UnitOfWork(em, author, signal, new Date());
      const result = await work(unit);
      await unit.settle();
      if (validateOnly) throw new Validated(result);
      return result;
    } finally {
      done();
      signal.throwIfAborted();
    }
  });
}

/** Leaves a transaction that was only to be tried, so that it is rolled back. */
class Validated extends Error {
  readonly answer: unknown;

  constructor(answer: unknown) {
    super('validated');
    this.answer = answer;
  }
}

/** A read-only transaction whose statements all see the database as it was at the first one. */
export interface Snapshot extends AsyncDisposable {
  readonly read: Queries;
}

export async function openSnapshot(orm: MikroORM, signal: AbortSignal): Promise<Snapshot> {
  signal.throwIfAborted();
  const transaction = await orm.em
    .getKysely()
    .startTransaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute();
  return {
    read: new Queries(transaction, signal),
    async [Symbol.asyncDispose]() {
      // Nothing was written: rolling back and committing are the same, and rolling back also ends a failed one.
      await transaction.rollback().execute();
    },
  };
}

/** Runs `work` on a {@link Snapshot}. */
export async function runSnapshot<T>(
  orm: MikroORM,
  signal: AbortSignal,
  work: (read: Queries) => Promise<T>,
): Promise<T> {
  await using snapshot = await openSnapshot(orm, signal);
  return await work(snapshot.read);
}
