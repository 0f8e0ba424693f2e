import { type RawBuilder, sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import type { HistoryKind } from './history-rows.ts';
import { type HistoryTable, historyTables } from './history-tables.ts';

/** A row by its columns; what {@link historyTables} does not name is not written. */
export type StorableRow = Readonly<Record<string, string | number | null>>;

/** Keys of the rows that were written; those of run steps, which are the steps', may repeat. */
export interface Written {
  readonly inserted: readonly string[];
  readonly updated: readonly string[];
}

/**
 * Writes rows of one kind, no id twice: the new ones with one statement and, where there are others, those of them that
 * change with a second one. Whoever else writes the same rows at the same time, each is inserted once.
 *
 * Rows travel as one array a column, which of all that a statement can take comes nearest to COPY. Relies on the primary
 * keys and the unique pair of run and step.
 */
export async function writeHistory(
  db: Queries,
  kind: HistoryKind,
  rows: readonly StorableRow[],
): Promise<Written> {
  if (rows.length === 0) return { inserted: [], updated: [] };
  const table = historyTables[kind];
  // Streams that write the same rows lock them in the same order, and so wait for each other and do not deadlock.
  const sorted = rows.toSorted((one, other) => order(table, one, other));
  const inserted = await insert(db, kind, table, sorted);
  if (inserted.length === rows.length || table.change === undefined) return { inserted, updated: [] };
  const fresh = new Set(inserted);
  const known = sorted.filter(({ id }) => !fresh.has(String(id)));
  return { inserted, updated: await update(db, kind, table, table.change, known) };
}

function order({ key }: HistoryTable, one: StorableRow, other: StorableRow): number {
  const [a, b] = [one[key] ?? '', other[key] ?? ''];
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

async function insert(
  db: Queries,
  kind: HistoryKind,
  table: HistoryTable,
  rows: readonly StorableRow[],
): Promise<string[]> {
  const columns = Object.keys(table.columns);
  const values = columns.map((column) => table.defaults[column] ?? sql.ref(`given.${column}`));
  const { rows: written } = await sql<{ key: string }>`
    insert into ${sql.table(kind)} (${sql.join(columns.map((column) => sql.ref(column)))})
    select ${sql.join(values)} from ${given(table, rows)}
    on conflict do nothing
    returning ${sql.ref(table.key)} as key`.execute(db);
  return written.map(({ key }) => key);
}

async function update(
  db: Queries,
  kind: HistoryKind,
  table: HistoryTable,
  { next, where }: NonNullable<HistoryTable['change']>,
  rows: readonly StorableRow[],
): Promise<string[]> {
  const columns = Object.keys(next);
  const expressions = Object.values(next);
  const sets = columns.map((column, index) => sql`${sql.ref(column)} = ${expressions[index]}`);
  const { rows: written } = await sql<{ key: string }>`
    update ${sql.table(kind)} as known set ${sql.join(sets)}, updated_at = now()
    from ${given(table, rows)}
    where known.id = given.id and ${where}
      and (${sql.join(columns.map((column) => sql.ref(`known.${column}`)))})
        is distinct from (${sql.join(expressions)})
    returning known.id as key`.execute(db);
  return written.map(({ key }) => key);
}

function given({ columns }: HistoryTable, rows: readonly StorableRow[]): RawBuilder<unknown> {
  const arrays = Object.entries(columns).map(
    ([column, type]) => sql`${rows.map((row) => row[column] ?? null)}::${sql.raw(type)}[]`,
  );
  const names = Object.keys(columns).map((column) => sql.ref(column));
  return sql`unnest(${sql.join(arrays)}) as given (${sql.join(names)})`;
}
