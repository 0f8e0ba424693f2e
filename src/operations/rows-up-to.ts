import { type RawBuilder, sql } from 'kysely';

/** Most rows that are counted of a table: a count that takes longer than a statement may would stop the work. */
const MOST = 1_000_000;

/** How many rows a query finds, as a scalar of SQL; a million stands for more. */
export function rowsUpTo(rows: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`(select count(*) from (${rows} limit ${MOST}) as counted)`;
}

/**
 * The rows of a table that refer to those of a query, found by the index behind the foreign key, parent by parent. In a
 * plain join PostgreSQL compares each with each where its statistics, not yet renewed, say that there are none.
 *
 * @param parents a query with a column `id`
 */
export function rowsBelow(parents: RawBuilder<unknown>, table: string, column: string): RawBuilder<unknown> {
  // `offset 0` keeps it from being planned as a join.
  return sql`select child.id from (${parents}) as parent cross join lateral (
    select id from ${sql.table(table)} where ${sql.ref(column)} = parent.id offset 0
  ) as child`;
}
