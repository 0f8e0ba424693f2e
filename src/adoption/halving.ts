import { sql } from 'kysely';
import { failureReason } from '../database/failure-reason.ts';
import { sqlState } from '../database/sql-state.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';

/** Data exceptions, cardinality violations and violated constraints: what a row brings about, and no other will. */
const REFUSALS = /^2[123]/;

/**
 * Writes rows by `attempt`; where the database refuses them, each half of them by itself, until the rows that it refuses
 * stand alone and are given to `refused` with its reason. What was refused leaves nothing behind.
 */
export async function halving<Row, Result>(
  unit: UnitOfWork,
  rows: readonly Row[],
  attempt: (rows: readonly Row[]) => Promise<Result>,
  refused: (row: Row, reason: string) => Result,
): Promise<Result[]> {
  if (rows.length === 0) return [];
  await sql`savepoint adopting`.execute(unit.db);
  try {
    const result = await attempt(rows);
    await sql`release savepoint adopting`.execute(unit.db);
    return [result];
  } catch (error) {
    if (!REFUSALS.test(sqlState(error) ?? '')) throw error;
    await sql`rollback to savepoint adopting`.execute(unit.db);
    await sql`release savepoint adopting`.execute(unit.db);
    const [first] = rows;
    if (first !== undefined && rows.length === 1) {
      // What PostgreSQL says, without the row, which may hold anything.
      return [refused(first, `this database refuses it: ${failureReason(error)}`)];
    }
    const middle = rows.length >> 1;
    return [
      ...(await halving(unit, rows.slice(0, middle), attempt, refused)),
      ...(await halving(unit, rows.slice(middle), attempt, refused)),
    ];
  }
}
