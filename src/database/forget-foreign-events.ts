import type { MikroORM } from '@mikro-orm/postgresql';

/**
 * Deletes events of another server's transactions, which came with a copy of its database: watchers would be told them as
 * new once the numbers of this server's transactions got there. What is visible here and of this server has a lower number
 * than the next transaction.
 */
export async function forgetForeignEvents(orm: MikroORM): Promise<void> {
  await orm.em.execute('delete from events where xid >= pg_snapshot_xmax(pg_current_snapshot())');
}
