import type { MikroORM } from '@mikro-orm/postgresql';
import type { CronItem } from 'graphile-worker';
import { type RawBuilder, sql } from 'kysely';
import { Queries } from '../database/queries.ts';
import { TOKEN_DAYS } from '../events/event-position.ts';
import type { JobTasks } from '../jobs/job-task.ts';

const TRIM = 'trim_records';
/** Rows of one statement, each its own transaction. */
const CHUNK = 5000;

/** Days that each of the service's own records is kept; the trail of audit entries is kept for ever. */
const kept = {
  // A day longer than the tokens that go on from them.
  events: TOKEN_DAYS + 1,
  idempotency_keys: 7,
} as const;

/** When the service's own records are trimmed, in UTC. */
export const trimClock: readonly CronItem[] = [{ task: TRIM, match: '35 * * * *' }];

/** Days that a nightly clean-up which succeeded is listed. What others started, and what failed, stays. */
const RETENTION_DAYS = 30;

/** Deletes events that no token leads to any more, answers that nobody asks for again, and clean-ups long done. */
export function trimTasks(orm: MikroORM): JobTasks {
  return {
    async [TRIM](_, signal) {
      const db = new Queries(orm.em.getKysely(), signal);
      for (const [table, days] of Object.entries(kept)) await trim(db, table, sql`true`, days);
      const isDone = sql`kind = 'enforce_retention' and state = 'succeeded'`;
      await trim(db, 'operations', isDone, RETENTION_DAYS);
    },
  };
}

/** Oldest first, by an index on inserted_at. */
async function trim(db: Queries, table: string, condition: RawBuilder<unknown>, days: number): Promise<void> {
  const name = sql.table(table);
  for (;;) {
    const { numAffectedRows = 0n } = await sql`
      delete from ${name} where ctid = any(array(
        select ctid from ${name} where ${condition} and inserted_at < now() - ${days} * interval '1 day'
        order by inserted_at limit ${CHUNK}
      ))`.execute(db);
    if (numAffectedRows < CHUNK) return;
  }
}
