import type { MikroORM } from '@mikro-orm/postgresql';
import { Queries } from './queries.ts';
import { inTransaction } from './transaction.ts';

/** A read-only transaction whose statements all see the database as it was at the first one. */
export interface Snapshot extends AsyncDisposable {
  readonly read: Queries;
}

/** Opens a snapshot, on a connection of its own until it is disposed of. */
export async function openSnapshot(orm: MikroORM, signal: AbortSignal): Promise<Snapshot> {
  const over = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<Queries>();
  const closed = inTransaction(
    orm,
    signal,
    (db) => db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only'),
    async (transaction) => {
      opened.resolve(new Queries(transaction, signal));
      await over.promise;
    },
  );
  closed.catch(opened.reject);
  return {
    read: await opened.promise,
    async [Symbol.asyncDispose]() {
      over.resolve();
      // Nothing was written that could be lost: whether it can still be committed is nobody's concern.
      await closed.catch(() => {});
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
