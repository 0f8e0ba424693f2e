import type { MikroORM } from '@mikro-orm/postgresql';
import type { Kysely, Transaction, TransactionBuilder } from 'kysely';
import { holding, waitingFor } from './cancellation.ts';
import type { Database } from './tables.ts';

/**
 * Runs `work` in a transaction, which commits when it resolves and is rolled back when it rejects.
 *
 * Once `signal` aborts it neither waits for a connection nor for the beginning any longer. What runs after that `work`
 * has to end, and the end of the transaction is waited for no longer than {@link holding} does.
 *
 * A transaction of Kysely's, not of MikroORM's: that one keeps a connection for ever when its rollback or its commit
 * fails, which is what they do when the database goes away.
 */
export function inTransaction<T>(
  orm: MikroORM,
  signal: AbortSignal,
  begin: (db: Kysely<Database>) => TransactionBuilder<Database>,
  work: (transaction: Transaction<Database>) => Promise<T>,
): Promise<T> {
  return waitingFor(signal, (arrived) =>
    orm.em
      .getKysely<Database>()
      .connection()
      .execute(async (db) => {
        const connection = await db.getExecutor().provideConnection(async (own) => own);
        return await holding(signal, connection, () =>
          begin(db).execute(async (transaction) => {
            arrived();
            return await work(transaction);
          }),
        );
      }),
  );
}
