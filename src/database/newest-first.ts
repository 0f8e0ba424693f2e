import { type RawBuilder, sql } from 'kysely';
import type { PageKey } from '../call/page-token.ts';

/** A page of rows that are listed by a moment, the newest first, then by id: the order of an index, backwards. */
export interface NewestPage {
  /** Only rows of this moment or later; undefined for no bound. */
  readonly from: string | undefined;
  /** Only rows before this moment; undefined for no bound. */
  readonly before: string | undefined;
  /** Moment and id of the last row before the page. */
  readonly after: PageKey | undefined;
  readonly limit: number;
}

/** Which rows of a table are listed: those of one range of an index on (…, moment, id), or of several. */
export interface Selection {
  /**
   * Whether a row is one of the range: equalities on what the index begins with. Of several the row `range` tells them
   * apart.
   */
  readonly match: RawBuilder<unknown>;
  readonly several?: {
    /** A query with a row for each range, none of them twice. */
    readonly ranges: RawBuilder<unknown>;
    /** About how many that gives. */
    readonly count: number;
  };
}

/**
 * Whether a row of the table is on the page. The query is to sort by the moment and the id, both descending, and to
 * take as many rows as the page has.
 */
export function isOnPage(
  table: string,
  { match, several }: Selection,
  page: NewestPage,
  moment = 'inserted_at',
): RawBuilder<boolean> {
  if (several === undefined) {
    return sql<boolean>`${match} and ${upTo(page, moment)} and ${downTo(page.from, moment)}`;
  }
  return sql<boolean>`${sql.ref(`${table}.id`)} in ${idsOfSeveral(table, match, several, page)}`;
}

/**
 * The ids of the rows on the page.
 *
 * First a few rows of each range are read, together as many as the page has. The page cannot reach below the last of
 * the newest of them that would fill it: with that bound each range ends by itself. About as many entries are read as
 * there are ranges and rows, wherever the page begins and whichever ranges its rows are in.
 */
function idsOfSeveral(
  table: string,
  match: RawBuilder<unknown>,
  { ranges, count }: NonNullable<Selection['several']>,
  page: NewestPage,
): RawBuilder<unknown> {
  const { limit, from = '-infinity' } = page;
  const rows = sql`from ${sql.table(table)} where ${match} and ${upTo(page, 'inserted_at')}`;
  const share = Math.ceil(limit / count);
  return sql`(
    with range as materialized (${ranges}),
    bound as materialized (
      select coalesce((
        select first.inserted_at
        from range cross join lateral (
          select inserted_at ${rows} and ${downTo(page.from, 'inserted_at')}
          order by inserted_at desc, id desc limit ${share}
        ) first
        order by first.inserted_at desc offset ${limit - 1} limit 1
      ), ${from}) as moment
    )
    select found.id
    from bound cross join range cross join lateral (
      select id, inserted_at ${rows} and inserted_at >= bound.moment
      order by inserted_at desc, id desc limit ${limit}
    ) found
    order by found.inserted_at desc, found.id desc limit ${limit}
  )`;
}

/** Only one bound where there are two: PostgreSQL may begin at the wider one and read up to the narrower. */
function upTo({ before, after }: NewestPage, moment: string): RawBuilder<unknown> {
  const column = sql.ref(moment);
  if (after !== undefined) return sql`(${column}, id) < (${after[0]}::timestamptz, ${after[1]}::uuid)`;
  return before === undefined ? sql`true` : sql`${column} < ${before}`;
}

function downTo(from: string | undefined, moment: string): RawBuilder<unknown> {
  return from === undefined ? sql`true` : sql`${sql.ref(moment)} >= ${from}`;
}
