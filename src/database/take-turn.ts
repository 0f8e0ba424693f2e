import { sql } from 'kysely';
import type { Queries } from './queries.ts';

/**
 * Waits for the turn of this transaction among those that clear up the same project, which ends with it. So no two of
 * them count or delete the same rows.
 *
 * Statements of the turn use indexes whatever the planner thinks: in a project much of whose history was just recorded
 * or just deleted, its statistics are of another time.
 */
export async function takeTurn(db: Queries, projectId: string): Promise<void> {
  await sql`
    select set_config('enable_seqscan', 'off', true),
           pg_advisory_xact_lock(hashtextextended('clear up ' || ${projectId}::uuid, 0))`.execute(db);
}
