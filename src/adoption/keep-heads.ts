import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { headHashes } from '../heads/head-query.ts';

/**
 * Keeps the present heads of projects on their rows, in two statements however many there are; answers them. Their rows
 * must be locked, as triggers lock them when versions come.
 */
export async function keepHeads(
  unit: UnitOfWork,
  projectIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (projectIds.length === 0) return new Map();
  const heads = await headHashes(unit.db, projectIds);
  await sql`
    update projects set head_hash = head.hash
    from unnest(${[...heads.keys()]}::uuid[], ${[...heads.values()]}::text[]) as head (id, hash)
    where projects.id = head.id and projects.head_hash is distinct from head.hash`.execute(unit.db);
  return heads;
}
