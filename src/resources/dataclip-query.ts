import { type RawBuilder, sql } from 'kysely';
import type { PageKey } from '../call/page-token.ts';
import { isOnPage, type NewestPage, type Selection } from '../database/newest-first.ts';
import type { Queries } from '../database/queries.ts';
import type { DataclipTypeName } from './dataclip-message.ts';

export interface DataclipFilters {
  readonly projectId: string;
  /** Only dataclips of these types; empty for all. */
  readonly types: readonly DataclipTypeName[];
  /** Only those that have a name, or only those that have none; undefined for both. */
  readonly named: boolean | undefined;
}

/** A page of a project's dataclips, the newest first, then by id (project_dataclips_query/1). */
export function newestDataclips(db: Queries, filters: DataclipFilters, page: NewestPage) {
  return dataclips(db)
    .where(isOnPage('dataclips', selectionOf(filters), page))
    .orderBy('inserted_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit);
}

/** Those with a name have an index of their own, small as it is: only without it do types have theirs. */
function selectionOf({ projectId, types, named }: DataclipFilters): Selection {
  const match = sql`project_id = ${projectId} and ${isNamed(named)}`;
  if (types.length === 0) return { match };
  if (named === true) return { match: sql`${match} and ${hasType(types)}` };
  return {
    match: sql`${match} and type = range.type`,
    several: { ranges: sql`select unnest(${types}::text[]) as type`, count: types.length },
  };
}

/** A page of names that begin alike. */
export interface NamesPage {
  readonly prefix: string;
  readonly insertedFrom: string | undefined;
  readonly insertedBefore: string | undefined;
  /** Name and id of the last dataclip before the page. */
  readonly after: PageKey | undefined;
  readonly limit: number;
}

/**
 * A page of a project's dataclips whose names begin alike, by name, then id; all other filters are looked at row by
 * row. Relies on the index on (project_id, name, id) of those that have a name.
 */
export function dataclipsByName(
  db: Queries,
  { projectId, types, named }: DataclipFilters,
  { prefix, insertedFrom, insertedBefore, after, limit }: NamesPage,
) {
  return dataclips(db)
    .where('project_id', '=', projectId)
    .where('name', 'is not', null)
    .where(sql<boolean>`starts_with(name, ${prefix})`)
    .where(isNamed(named))
    .where(hasType(types))
    .$if(insertedFrom !== undefined, (query) => query.where(sql<boolean>`inserted_at >= ${insertedFrom}`))
    .$if(insertedBefore !== undefined, (query) => query.where(sql<boolean>`inserted_at < ${insertedBefore}`))
    .$if(after !== undefined, (query) =>
      query.where(sql<boolean>`(name, id) > (${after?.[0]}, ${after?.[1]}::uuid)`),
    )
    .orderBy('name')
    .orderBy('id')
    .limit(limit);
}

/** All that a summary shows; bodies and requests may be large and private. */
function dataclips(db: Queries) {
  return db
    .selectFrom('dataclips')
    .select(['id', 'project_id', 'name', 'type', 'wiped_at', 'inserted_at', 'updated_at']);
}

function isNamed(named: boolean | undefined): RawBuilder<boolean> {
  if (named === undefined) return sql<boolean>`true`;
  return named ? sql<boolean>`name is not null` : sql<boolean>`name is null`;
}

function hasType(types: readonly string[]): RawBuilder<boolean> {
  return types.length === 0 ? sql<boolean>`true` : sql<boolean>`type = any(${types}::text[])`;
}
