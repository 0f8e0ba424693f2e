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

/**
 * A page of a project's dataclips, the newest first, then by id (project_dataclips_query/1). Those with a name have an
 * index of their own: there are few.
 */
export function newestDataclips(db: Queries, filters: DataclipFilters, page: NewestPage) {
  return dataclips(db, filters)
    .where(isOnPage('dataclips', selectionOf(filters), page))
    .orderBy('inserted_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit);
}

function selectionOf({ projectId, types, named }: DataclipFilters): Selection {
  const inProject = sql`project_id = ${projectId}`;
  if (types.length === 0 || named === true) return { match: inProject };
  return {
    match: sql`${inProject} and type = range.type`,
    several: { ranges: sql`select unnest(${types}::text[]) as type`, count: types.length },
  };
}
