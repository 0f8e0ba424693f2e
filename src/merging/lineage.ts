import { type RawBuilder, sql } from 'kysely';
import { prepared } from '../database/prepared.ts';
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

/** The lineage of some rows, whatever their kind, up to the first rows. One statement. */
export async function lineageOf(db: Queries, ids: readonly string[]): Promise<Lineage[]> {
  if (ids.length === 0) return [];
  const { rows } = await prepared(
    'lineage',
    sql<LineageRow>`
    with recursive ${lineFrom(sql`unnest(${ids}::uuid[]) start (id)`)} select * from line`,
  ).execute(db);
  return lineageOfRows(rows);
}

/**
 * `line` of a `with recursive`: the lineage of the rows that `start` names.
 *
 * One probe of the primary key for each row, which `limit` keeps the planner at: it cannot know that most rows have no
 * further source, and would read the whole table instead.
 */
export function lineFrom(start: RawBuilder<unknown>): RawBuilder<unknown> {
  const columns = sql`copy_id, source_id, copy_hash, copy_lock_version, source_hash, source_lock_version`;
  const above = (id: RawBuilder<unknown>) => sql`
    cross join lateral (select ${columns} from sandbox_lineage where copy_id = ${id} limit 1) above`;
  return sql`line as (
    select above.* from ${start} ${above(sql`start.id`)}
    union
    select above.* from line ${above(sql`line.source_id`)}
  )`;
}

/**
 * Whether a workflow is there and stands at a mark: what `hasMoved` denies, in SQL.
 *
 * @param mark what its columns' names begin with, `_hash` and `_lock_version` follow
 */
export function isAtMark(workflow: RawBuilder<unknown>, mark: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql`
    ${workflow}.deleted_at is null and ${workflow}.version_hash is not distinct from ${mark}_hash
    and ${workflow}.lock_version = coalesce(${mark}_lock_version, ${workflow}.lock_version)`;
}

export function lineageOfRows(rows: readonly LineageRow[]): Lineage[] {
  return rows.map((row) => ({
    copyId: row.copy_id,
    sourceId: row.source_id,
    copy: { hash: row.copy_hash, lockVersion: row.copy_lock_version },
    source: { hash: row.source_hash, lockVersion: row.source_lock_version },
  }));
}

/** A row of {@link lineFrom}'s `line`. */
export interface LineageRow {
  readonly copy_id: string;
  readonly source_id: string;
  readonly copy_hash: string | null;
  readonly copy_lock_version: number | null;
  readonly source_hash: string | null;
  readonly source_lock_version: number | null;
}
