import { isDeepStrictEqual } from 'node:util';
import { planRows, type RowPlan } from '../workflows/row-plan.ts';
import type { PostedRecord } from './posted-state.ts';

/**
 * What becomes of a workflow's rows of one kind, which a posted state names by id. Rows that it does not name stay; what
 * is to be removed and is not there is removed already.
 *
 * @param wantedOf the row as the record would have it
 */
export function planById<Posted extends PostedRecord, Row extends { readonly id: string }>(
  posted: readonly Posted[],
  rows: readonly Row[],
  wantedOf: (record: Posted, row: Row | undefined) => Row,
): RowPlan<Row> {
  const stored = new Map(rows.map((row) => [row.id, row]));
  const deleted = new Set<Row>();
  for (const record of posted) {
    const row = record.isDeleted ? stored.get(record.id) : undefined;
    if (row === undefined) continue;
    deleted.add(row);
    if (!isDeepStrictEqual({ ...wantedOf(record, row) }, { ...row })) record.errors.add('delete', CHANGED);
  }
  const present = posted.filter(({ isDeleted }) => !isDeleted);
  const plan = planRows(
    present.map((record) => wantedOf(record, stored.get(record.id))),
    present.map(({ id }) => stored.get(id)),
    rows.filter((row) => !deleted.has(row)),
    false,
  );
  return { ...plan, deleted: [...deleted] };
}

export const CHANGED = 'cannot change or add a record while deleting';
