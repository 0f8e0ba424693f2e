import { type RawBuilder, sql } from 'kysely';

/** Most rows that are counted of a table: a count that takes longer than a statement may would stop the work. */
const MOST = 1_000_000;

/** How many rows a query finds, as a scalar of SQL; a million stands for more. */
export function rowsUpTo(rows: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`(select count(*) from (${rows} limit ${MOST}) as counted)`;
}
