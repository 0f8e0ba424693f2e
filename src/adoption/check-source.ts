import type { ClientBase } from 'pg';
import { StartupError } from '../startup-error.ts';
import { type AdoptedTable, neededColumns } from './adopted-table.ts';
import { adoptedTables } from './adopted-tables.ts';
import type { SourceColumns } from './source-select.ts';

/**
 * Looks whether Lightning's database has every table and column that is needed; answers those that it has.
 *
 * @throws StartupError naming everything that is missing, a line each, or when it is this service's own database
 */
export async function checkSource(source: ClientBase): Promise<SourceColumns> {
  const { rows } = await source.query<{ table_name: string; column_name: string }>(
    `select table_name::text, column_name::text from information_schema.columns
     where table_schema = any (current_schemas(false))`,
  );
  const present = new Map<string, Set<string>>();
  for (const { table_name: table, column_name: column } of rows) {
    const columns = present.get(table) ?? new Set();
    columns.add(column);
    present.set(table, columns);
  }
  if (present.has('projects_service_migrations'))
    throw new StartupError("this is a database of this service, not Lightning's: there is nothing to adopt");
  const missing = missingIn(present, adoptedTables);
  if (missing.length > 0) {
    throw new StartupError(
      missing.map((what) => `Lightning's database has no ${what}, which is needed`).join('\n'),
    );
  }
  return present;
}

/** The tables, and of those that are there the columns, that the database lacks; each once, in the order declared. */
export function missingIn(present: SourceColumns, tables: readonly AdoptedTable[]): string[] {
  const missing = tables.flatMap(({ name, source = name, columns }) => {
    const there = present.get(source);
    if (there === undefined) return [`table ${source}`];
    return Object.entries(columns)
      .filter(([, { absent }]) => absent === undefined)
      .flatMap(([column, spec]) => neededColumns(column, spec))
      .filter((column) => !there.has(column))
      .map((column) => `column ${source}.${column}`);
  });
  return [...new Set(missing)];
}
