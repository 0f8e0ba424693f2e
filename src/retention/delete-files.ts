import { sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import type { FileStore } from '../files/file-store.ts';

/** Files of a batch, whose objects are removed side by side while their rows are locked. */
const FILES = 20;

/**
 * Deletes the next files past the period: the object first, then the row, so that no object is left that nobody knows
 * of. A batch that fails half-way is done again: an object that is gone counts as removed.
 */
export async function deleteExpiredFiles(
  db: Queries,
  files: FileStore,
  cutoff: string,
  projectId: string,
  limit: number,
): Promise<number> {
  const { rows } = await sql<{ id: string; path: string | null }>`
    select id, path from project_files where project_id = ${projectId} and inserted_at < ${cutoff}
    order by inserted_at, id limit ${Math.min(limit, FILES)} for update`.execute(db);
  const paths = rows.map(({ path }) => path).filter((path) => path !== null);
  await Promise.all(paths.map((path) => files.remove(path, db.signal)));
  const ids = rows.map(({ id }) => id);
  await sql`delete from project_files where id = any(${ids}::uuid[])`.execute(db);
  return ids.length;
}
