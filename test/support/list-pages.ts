import type { PageKey } from '../../src/call/page-token.ts';
import type { Queries } from '../../src/database/queries.ts';
import type { Explainable } from './explain.ts';

/** Rows of a page. */
const PAGE = 10;

/** Where a page of a list begins. */
export interface Start {
  readonly after: PageKey | undefined;
  readonly limit: number;
}

interface Rows<Row> extends Explainable {
  execute(): Promise<Row[]>;
}

/** The queries of two pages of a list: the first one, and one from its end or, if it is long, its thousandth. */
export type TwoPages = (read: Queries) => Promise<readonly [first: Explainable, last: Explainable]>;

/**
 * @param page the query of a page
 * @param key of the row after which the next page begins
 */
export function twoPages<Row>(
  page: (read: Queries, start: Start) => Rows<Row>,
  key: (row: Row) => PageKey,
): TwoPages {
  return async (read) => {
    const limit = PAGE + 1;
    const rows = await page(read, { after: undefined, limit: 1000 * PAGE }).execute();
    const before = rows.at(-limit);
    if (before === undefined) throw new Error('the list has not even two pages');
    return [page(read, { after: undefined, limit }), page(read, { after: key(before), limit })];
  };
}
