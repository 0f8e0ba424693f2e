import { type AdoptedTable, type AdoptedUnique, keyOf, noun } from './adopted-table.ts';
import { choice, columnsOf, quoted } from './sql-text.ts';

/** SQL over `given`, rows with their `place`: why a row has to be left whatever it refers to, as `reason`; else null. */
export function verdict(table: AdoptedTable): string {
  const { columns, references, uniques = [], refused } = table;
  const unnamed = references
    .filter(({ otherwise, nullable }) => otherwise === 'leave' && nullable === undefined)
    .map(({ column }) => [`given.${quoted(column)} is null`, `'it has no ${noun(column)}'`] as const);
  const unknown = Object.entries(columns).flatMap(([name, { among }]) => {
    if (among === undefined) return [];
    const value = `given.${quoted(name)}`;
    const known = among.map((one) => `'${one}'`).join(', ');
    return [[`${value} not in (${known})`, `'its ${name} ' || ${value} || ' is not known here'`]] as const;
  });
  const taken = uniques.map((unique) => [isTaken(table, unique), `'${unique.reason}'`] as const);
  const undone = refused === undefined ? [] : [[refused.when, `'${refused.reason}'`] as const];
  return `${choice([...unnamed, ...unknown, ...taken, ...undone])} as reason`;
}

/** By a row that is here, or by one that comes before. */
function isTaken(table: AdoptedTable, { columns, lower, where }: AdoptedUnique): string {
  const value = (alias: string, column: string) =>
    lower ? `lower(${alias}.${quoted(column)})` : `${alias}.${quoted(column)}`;
  const holds = (alias: string) =>
    where === undefined ? 'true' : `${alias}.${quoted(where[0])} ${where[1]}`;
  const isSame = columns
    .map((column) => `${value('other', column)} = ${value('given', column)}`)
    .join(' and ');
  const isAnother = `(${columnsOf('other', keyOf(table))}) is distinct from (${columnsOf('given', keyOf(table))})`;
  const partition = [...columns.map((column) => value('given', column)), holds('given')].join(', ');
  return `(${holds('given')} and (
    exists (select from ${table.name} other where ${isSame} and ${holds('other')} and ${isAnother})
    or row_number() over (partition by ${partition} order by given.place) > 1))`;
}
