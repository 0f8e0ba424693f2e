import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';

/**
 * Empties body and request of the next dataclips past the dataclip period; named ones are kept whole. Those that were
 * emptied leave `dataclips_to_wipe_index`, from which the next ones are read.
 */
export async function wipeDataclips(
  { db, now }: UnitOfWork,
  cutoff: string,
  projectId: string,
  limit: number,
): Promise<number> {
  const moment = now.toISOString();
  const { numAffectedRows = 0n } = await sql`
    update dataclips set body = null, request = null, wiped_at = ${moment}, updated_at = ${moment}
    where id = any(array(
      select id from dataclips
      where project_id = ${projectId} and name is null and wiped_at is null and inserted_at < ${cutoff}
      order by inserted_at limit ${limit} for update
    )) and name is null`.execute(db);
  return Number(numAffectedRows);
}
