import type { UnitOfWork } from '../database/unit-of-work.ts';
import { type AdoptedTable, keyOf } from './adopted-table.ts';
import { halving } from './halving.ts';
import { type WriteAnswer, writeStatement } from './write-statement.ts';

/** What became of rows that were to be written, by the name of their table. */
export interface Written {
  readonly table: AdoptedTable;
  /** How many rows were read. */
  readonly read: number;
  readonly answers: readonly WriteAnswer[];
}

/**
 * Writes rows of a table, JSON texts, and leaves those that cannot be; see {@link writeStatement}. One whose name
 * another row gives up is written after that one.
 */
export async function writeRows(
  unit: UnitOfWork,
  table: AdoptedTable,
  rows: readonly string[],
): Promise<Written> {
  const once = await writeOnce(unit, table, rows);
  const reasons = new Set((table.uniques ?? []).map(({ reason }) => reason));
  const isWaiting = ({ reason }: WriteAnswer) => reason !== null && reasons.has(reason);
  const waiting = new Set(once.answers.filter(isWaiting).flatMap(({ keys }) => keys));
  if (waiting.size === 0 || keysOf(once, 'updated').length === 0) return once;
  const again = await writeRows(
    unit,
    table,
    rows.filter((row) => waiting.has(keyOfRow(table, row))),
  );
  const settled = once.answers.filter((answer) => !isWaiting(answer));
  return { table, read: rows.length, answers: [...settled, ...again.answers] };
}

async function writeOnce(unit: UnitOfWork, table: AdoptedTable, rows: readonly string[]): Promise<Written> {
  const answers = await halving(
    unit,
    rows,
    async (some) => (await writeStatement(table, `[${some.join(',')}]`).execute(unit.db)).rows,
    (row, reason) => [left(table, [row], reason)],
  );
  return { table, read: rows.length, answers: answers.flat() };
}

/** The answer for rows that are left for a reason that shows outside the statement. */
export function left(table: AdoptedTable, rows: readonly string[], reason: string): WriteAnswer {
  const keys = rows.map((row) => keyOfRow(table, row));
  return { what: 'left', project_id: null, lacks: null, reason, keys, missing: [] };
}

/** A row's key as the statement answers it. */
export function keyOfRow(table: AdoptedTable, row: string): string {
  const columns: Readonly<Record<string, unknown>> = JSON.parse(row);
  return keyOf(table)
    .map((column) => columns[column])
    .join(' ');
}

/** Keys of the rows of which something became. */
export function keysOf(
  { answers }: Pick<Written, 'answers'>,
  ...what: readonly WriteAnswer['what'][]
): string[] {
  return answers.filter((answer) => what.includes(answer.what)).flatMap(({ keys }) => keys);
}
