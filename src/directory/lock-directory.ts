import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';

/** Any number that no other advisory lock of this database has; "director" in ASCII. */
const DIRECTORY_LOCK = '7235440056133250930';

/**
 * Lets changes of the mirrored people and credentials come one after the other until their transactions end.
 *
 * Two changes that give each other's rows the addresses that the other one takes would wait for one another on the
 * index of addresses in whatever order the rows are written; so they wait here. Readers and memberships do not.
 */
export async function lockDirectory(unit: UnitOfWork): Promise<void> {
  await sql`select pg_advisory_xact_lock(${DIRECTORY_LOCK}::bigint)`.execute(unit.db);
}
