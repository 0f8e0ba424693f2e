import { sql } from 'kysely';
import type { LongWork } from '../../../src/operations/long-work.ts';
import type { Changes } from '../../database/support/changes.ts';

/**
 * Does all steps as the runner of operations does. Answers how many rows each batch finished.
 *
 * @param timeZone of the sessions that do it
 */
export async function doWork(changes: Changes, { steps }: LongWork, timeZone = 'UTC'): Promise<number[]> {
  const batches: number[] = [];
  for (const step of steps) {
    for (;;) {
      const rows = await changes.run(async (unit) => {
        await sql`select set_config('timezone', ${timeZone}, true)`.execute(unit.db);
        return await step(unit);
      });
      if (rows === 0) break;
      batches.push(rows);
    }
  }
  return batches;
}
