import { type AdoptedTable, neededColumns } from './adopted-table.ts';
import { quoted } from './sql-text.ts';

/** The columns that Lightning's tables have, by table. */
export type SourceColumns = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * SQL of a table's rows in Lightning's database, each as the text of a JSON object by the names of columns here; secrets
 * are no part of it. What stands in for columns that are not there is read in their place.
 *
 * @param where SQL over Lightning's columns
 */
export function sourceSelect(table: AdoptedTable, present: SourceColumns, where = 'true'): string {
  const { name, source = name, columns, lateral = '', order } = table;
  const there = present.get(source);
  const needed = new Map<string, string>();
  for (const [column, spec] of Object.entries(columns))
    for (const one of neededColumns(column, spec))
      needed.set(one, there?.has(one) ? quoted(one) : (spec.absent ?? quoted(one)));

  const read = [...needed].map(([column, expression]) => `${expression} as ${quoted(column)}`);
  const values = Object.entries(columns).map(
    ([column, { type, from }]) => `(${from ?? quoted(column)})::${type} as ${quoted(column)}`,
  );
  return `
    select row_to_json(adopted)::text as row from (
      select ${values.join(', ')}
      from (select ${read.join(', ')} from ${quoted(source)}) as source ${lateral}
      where ${where} ${order === undefined ? '' : `order by ${order}`}
    ) as adopted`;
}
