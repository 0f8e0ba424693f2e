import { sql } from 'kysely';
import type { Queries } from '../database/queries.ts';

/** Where a workflow stood when it and its counterpart were the same. */
export interface Mark {
  /** Of the latest version; null when there was none. */
  readonly hash: string | null;
  /** Null when nobody knows: then the hash alone decides. */
  readonly lockVersion: number | null;
}

/** Which row was copied from which; of workflows also where both stood when they were last the same. */
export interface Lineage {
  readonly copyId: string;
  readonly sourceId: string;
  readonly copy: Mark;
  readonly source: Mark;
}

/**
 * The first row that a row was copied from, through copies of copies: the row itself where it is no copy. Rows of the
 * same origin are one and the same thing in different projects.
 */
export type OriginOf = (id: string) => string;

/** @param lineage of the rows in question and of what they were copied from */
export function originOf(lineage: readonly Lineage[]): OriginOf {
  const sources = new Map(lineage.map(({ copyId, sourceId }) => [copyId, sourceId]));
  return (id) => {
    let origin = id;
    for (let source = sources.get(id); source !== undefined; source = sources.get(source)) origin = source;
    return origin;
  };
}

/**
 * The lineage of some rows, whatever their kind, up to the first rows.
 *
 * One probe of the primary key for each row, which `limit` keeps the planner at: it cannot know that most rows have no
 * further source, and would read the whole table instead.
 */
export async function lineageOf(db: Queries, ids: readonly string[]): Promise<Lineage[]> {
  if (ids.length === 0) return [];
  const columns = sql`copy_id, source_id, copy_hash, copy_lock_version, source_hash, source_lock_version`;
  const { rows } = await sql<LineageRow>`
    with recursive line as (
      select ${columns} from sandbox_lineage where copy_id = any(${ids}::uuid[])
      union
      select above.* from line cross join lateral (
        select ${columns} from sandbox_lineage where copy_id = line.source_id limit 1
      ) above
    )
    select * from line`.execute(db);
  return rows.map((row) => ({
    copyId: row.copy_id,
    sourceId: row.source_id,
    copy: { hash: row.copy_hash, lockVersion: row.copy_lock_version },
    source: { hash: row.source_hash, lockVersion: row.source_lock_version },
  }));
}

interface LineageRow {
  readonly copy_id: string;
  readonly source_id: string;
  readonly copy_hash: string | null;
  readonly copy_lock_version: number | null;
  readonly source_hash: string | null;
  readonly source_lock_version: number | null;
}
