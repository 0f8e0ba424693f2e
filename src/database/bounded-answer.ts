import { type RawBuilder, sql } from 'kysely';

/** Bytes that the long values of one answer have together at most, unless its first row alone has more: 2 MiB. */
const MOST_BYTES = 2 << 20;

/**
 * Ends a page where the long values of its rows get too much for one answer, which clients take up to 4 MiB of by
 * default. The query is to select from the page's rows, which tell the length of their long values as `bytes`.
 */
export class BoundedAnswer {
  readonly #sum: RawBuilder<number>;
  readonly #first: RawBuilder<number>;

  /** @param order of the page's rows */
  constructor(order: RawBuilder<unknown>) {
    const upToRow = sql`over (order by ${order})`;
    this.#sum = sql<number>`sum(bytes) ${upToRow}`;
    this.#first = sql<number>`first_value(bytes) ${upToRow}`;
  }

  /** Whether the long values of a row are not too much for one answer with those of the rows before it on the page. */
  fits(): RawBuilder<boolean> {
    return sql<boolean>`${this.#sum} <= greatest(${MOST_BYTES}, ${this.#first})`;
  }

  /** A long value of a row that fits, null of any other: no answer of the database grows with them. */
  whereFitting<T>(column: string): RawBuilder<T | null> {
    return sql<T | null>`case when ${this.fits()} then ${sql.ref(column)} end`;
  }
}

/** How many of the rows that were found are on the page. */
export function fittingRows(rows: readonly { readonly fits: boolean }[], size: number): number {
  return Math.min(size, rows.filter(({ fits }) => fits).length);
}
