import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { rowChanges } from '../directory/row-changes.ts';
import type { AdoptedTable } from './adopted-table.ts';

type Row = Readonly<Record<string, unknown>>;

/** What changed of a row by its id, columns with their values before and after; what every write sets is left out. */
export type RowNews = (id: string) => Record<string, unknown>;

/** Remembers the rows of a table as they are before they become the ones given. */
export async function rowNews(
  unit: UnitOfWork,
  table: AdoptedTable,
  rows: readonly string[],
): Promise<RowNews> {
  const given = new Map(
    rows.map((text): [string, Row] => {
      const row: Row & { readonly id: string } = JSON.parse(text);
      return [row.id, row];
    }),
  );
  const { rows: present } = await sql<{ id: string; row: Row }>`
    select id::text, to_jsonb(known) as row from ${sql.table(table.name)} known
    where id = any(${[...given.keys()]}::uuid[])`.execute(unit.db);
  const before = new Map(present.map(({ id, row }) => [id, row]));
  return (id) => {
    const { id: _, inserted_at: __, updated_at: ___, ...after } = given.get(id) ?? {};
    return rowChanges(before.get(id), after) ?? {};
  };
}
