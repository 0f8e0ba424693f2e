import { type RawBuilder, sql } from 'kysely';
import type { Queries } from '../database/queries.ts';

/** Runs a deletion and answers how many rows it deleted. */
export async function deletedRows(db: Queries, deletion: RawBuilder<unknown>): Promise<number> {
  const { numAffectedRows = 0n } = await deletion.execute(db);
  return Number(numAffectedRows);
}

interface Columns {
  readonly key: string;
  readonly projectId: string;
}

/** What deletes the next rows of a table that says of each of which project it is. */
export function deleteOfProject(
  table: string,
  { key, projectId: column }: Columns = { key: 'id', projectId: 'project_id' },
): (db: Queries, projectId: string, limit: number) => Promise<number> {
  const [from, id, project] = [sql.table(table), sql.ref(key), sql.ref(column)];
  return (db, projectId, limit) =>
    deletedRows(
      db,
      sql`delete from ${from} where ${id} = any(array(
        select ${id} from ${from} where ${project} = ${projectId} limit ${limit}
      ))`,
    );
}
