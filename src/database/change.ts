import { setTimeout as pause } from 'node:timers/promises';
import type { MikroORM } from '@mikro-orm/postgresql';
import { type QueryExecutorProvider, sql } from 'kysely';
import { sqlState } from './sql-state.ts';
import { inTransaction } from './transaction.ts';
import { type Author, type Confirm, UnitOfWork } from './unit-of-work.ts';
import { wakeReaders } from './wake-readers.ts';

export interface ChangeOptions {
  /** Do everything, then roll it back: what the change would answer, or how it would fail. */
  readonly validateOnly?: boolean;
}

interface RunOptions extends ChangeOptions {
  /** Nothing, when nobody has to be allowed anything: the service's own work. */
  readonly confirm?: Confirm | undefined;
}

/** serialization_failure and deadlock_detected: the same transaction may succeed when it is run again. */
const RETRYABLE = new Set(['40001', '40P01']);
const ATTEMPTS = 4;

/**
 * Runs `work` as one transaction and writes what it recorded as events and audit rows before it commits.
 *
 * After a serialization failure or a deadlock it starts again, at most three times, a few milliseconds apart.
 * Once `signal` aborts, the running statement is cancelled and everything rolled back. A commit that was sent by then is
 * waited for a little; if it is not answered, whether the change happened is not known, as after any lost connection.
 */
export async function runChange<T>(
  orm: MikroORM,
  author: Author,
  signal: AbortSignal,
  work: (unit: UnitOfWork) => Promise<T>,
  { validateOnly = false, confirm }: RunOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { result, hasEvents } = await attemptChange(orm, author, signal, work, validateOnly, confirm);
      if (hasEvents) wakeReaders(orm);
      return result;
    } catch (error) {
      if (error instanceof Validated) return error.answer as T;
      // MikroORM wraps what a statement was ended with into an exception of its own.
      signal.throwIfAborted();
      if (attempt === ATTEMPTS || !RETRYABLE.has(sqlState(error) ?? '')) throw error;
      await pause(5 * attempt + Math.random() * 10, undefined, { signal }).catch(() => {});
    }
  }
}

function attemptChange<T>(
  orm: MikroORM,
  author: Author,
  signal: AbortSignal,
  work: (unit: UnitOfWork) => Promise<T>,
  validateOnly: boolean,
  confirm: Confirm | undefined,
): Promise<Changed<T>> {
  return inTransaction(
    orm,
    signal,
    (db) => db.transaction(),
    async (transaction) => {
      const changed = await inUnitOfWork(orm, transaction, author, signal, work, confirm);
      signal.throwIfAborted();
      if (!validateOnly) return changed;
      // What would be checked at the commit that does not come.
      await sql`set constraints all immediate`.execute(transaction);
      throw new Validated(changed.result);
    },
  );
}

async function inUnitOfWork<T>(
  orm: MikroORM,
  transaction: QueryExecutorProvider,
  author: Author,
  signal: AbortSignal,
  work: (unit: UnitOfWork) => Promise<T>,
  confirm: Confirm | undefined,
): Promise<Changed<T>> {
  const over = new AbortController();
  const statements = AbortSignal.any([signal, over.signal]);
  try {
    const em = orm.em.fork({ freshEventManager: true });
    const unit = new UnitOfWork(em, transaction, author, statements, new Date(), confirm);
    const result = await work(unit);
    await unit.settle();
    return { result, hasEvents: unit.hasEvents };
  } finally {
    // Of statements that run side by side the first to fail ends the work: the others must neither run on beside the
    // rollback nor begin after it, outside the transaction.
    over.abort(new Error('the transaction is over'));
    await transaction.getExecutor().provideConnection(async () => {});
  }
}

interface Changed<T> {
  readonly result: T;
  readonly hasEvents: boolean;
}

/** Leaves a transaction that was only to be tried, so that it is rolled back. */
class Validated extends Error {
  readonly answer: unknown;

  constructor(answer: unknown) {
    super('validated');
    this.answer = answer;
  }
}
