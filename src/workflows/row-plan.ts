import { isDeepStrictEqual } from 'node:util';

/** What becomes of the rows of one kind. */
export interface RowPlan<Row> {
  readonly created: readonly Row[];
  readonly updated: readonly Row[];
  readonly deleted: readonly Row[];
  /** As the document says already. */
  readonly unchanged: readonly Row[];
  /** Of which the document says nothing, and that stay. */
  readonly kept: readonly Row[];
}

/**
 * What has to be written so that rows are as wanted.
 *
 * @param wanted what the document says, row by row
 * @param matches the stored row of each, undefined for a new one
 * @param rows all that are stored
 * @param prune whether stored rows that match nothing are deleted
 */
export function planRows<Row extends object>(
  wanted: readonly Row[],
  matches: readonly (Row | undefined)[],
  rows: readonly Row[],
  prune: boolean,
): RowPlan<Row> {
  const created: Row[] = [];
  const updated: Row[] = [];
  const unchanged: Row[] = [];
  wanted.forEach((row, index) => {
    const match = matches[index];
    if (match === undefined) created.push(row);
    else if (isDeepStrictEqual({ ...row }, { ...match })) unchanged.push(row);
    else updated.push(row);
  });
  const matched = new Set(matches);
  const absent = rows.filter((row) => !matched.has(row));
  return { created, updated, unchanged, deleted: prune ? absent : [], kept: prune ? [] : absent };
}

/** The rows as they are afterwards. */
export function remainingRows<Row>({ created, updated, unchanged, kept }: RowPlan<Row>): Row[] {
  return [...created, ...updated, ...unchanged, ...kept];
}

export function changesRows({ created, updated, deleted }: RowPlan<unknown>): boolean {
  return created.length + updated.length + deleted.length > 0;
}

/** Pairs entries with rows that sort alike, in the order of both. */
export function matchInOrder<Row>(
  sorts: readonly string[],
  rows: readonly Row[],
  sortOf: (row: Row) => string,
): (Row | undefined)[] {
  const queues = new Map([...Map.groupBy(rows, sortOf)].map(([sort, alike]) => [sort, alike.values()]));
  return sorts.map((sort) => queues.get(sort)?.next().value);
}
