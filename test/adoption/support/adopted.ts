import pg from 'pg';
import { adoptedTables } from '../../../src/adoption/adopted-tables.ts';
import { adopt } from '../../../src/cli/adopt.ts';
import { execute } from '../../support/database.ts';
import type { Lightning } from './lightning.ts';

/** Adopts as `npm run adopt` does, but quietly; what it said. */
export async function adoptInto(databaseUrl: string, lightning: Pick<Lightning, 'url'>): Promise<string[]> {
  const said: string[] = [];
  await adopt({ DATABASE_URL: databaseUrl, LOG_LEVEL: 'silent' }, lightning.url, (line) => said.push(line));
  return said;
}

export type Counts = Readonly<
  Record<'created' | 'updated' | 'unchanged' | 'kept' | 'removed' | 'left', number>
>;

/** The counts that were said of a table. */
export function counts(said: readonly string[], table: string): Counts {
  const line = said.find((one) => new RegExp(`^${table}(?: +\\d+){6}$`).test(one)) ?? '';
  const [created, updated, unchanged, kept, removed, left] = line.split(/ +/).slice(1).map(Number);
  const all = { created, updated, unchanged, kept, removed, left };
  for (const [name, count] of Object.entries(all))
    if (count === undefined) throw new Error(`${table} was said no number of rows ${name} of`);
  return all as Counts;
}

/** What was said to be left, and what to arrive without something. */
export function reasons(said: readonly string[]): string[] {
  return said.filter((line) => /^\w+: \d+ (?:left|arrived)/.test(line));
}

type Row = Readonly<Record<string, unknown>>;

/** What both databases hold of a table's rows. */
interface Sides {
  readonly table: string;
  readonly there: readonly Row[];
  readonly here: readonly Row[];
}

/**
 * The rows of tables in both databases, in the columns that both have: as text, which keeps microseconds and every digit,
 * and with the zone that Lightning's times mean.
 */
export async function bothSides(
  lightning: Lightning,
  databaseUrl: string,
  tables: readonly string[],
): Promise<Sides[]> {
  await using there = await connect(lightning.url);
  await using here = await connect(databaseUrl);
  const sides: Sides[] = [];
  for (const table of tables) {
    const [types, ownTypes] = [await columns(there, table), await columns(here, table)];
    const shared = [...ownTypes.keys()].filter((name) => types.has(name));
    sides.push({
      table,
      there: await there.rows(select(table, shared, types)),
      here: await here.rows(select(table, shared, ownTypes)),
    });
  }
  return sides;
}

function select(table: string, names: readonly string[], types: ReadonlyMap<string, string>): string {
  const values = names.map((name) => {
    const type = types.get(name);
    if (type === 'timestamp without time zone') return `("${name}" at time zone 'UTC')::text as "${name}"`;
    return `(${type === 'ARRAY' ? `to_jsonb("${name}")` : `"${name}"`})::text as "${name}"`;
  });
  const order = names.includes('id') ? 'id' : names.map((name) => `"${name}"`).join(', ');
  return `select ${values.join(', ')} from "${table}" order by ${order}`;
}

/** Which transaction wrote each row last, of every table that is adopted and of events: a row that is not written keeps it. */
export async function writers(databaseUrl: string): Promise<readonly Row[]> {
  const tables = [...adoptedTables.map(({ name }) => name), 'events', 'audit_events'];
  const selects = tables.map((table) => `select '${table}' as table, ctid::text, xmin::text from ${table}`);
  return await execute(databaseUrl, `${selects.join(' union all ')} order by 1, 2`);
}

interface Connection extends AsyncDisposable {
  rows(text: string): Promise<Row[]>;
}

async function connect(url: string): Promise<Connection> {
  const client = new pg.Client({ connectionString: url, options: '-c timezone=UTC' });
  await client.connect();
  return {
    rows: async (text) => (await client.query<Record<string, unknown>>(text)).rows,
    [Symbol.asyncDispose]: () => client.end(),
  };
}

async function columns(connection: Connection, table: string): Promise<ReadonlyMap<string, string>> {
  const rows = await connection.rows(
    `select column_name, data_type from information_schema.columns
     where table_name = '${table}' and table_schema = 'public' order by column_name`,
  );
  return new Map(rows.map(({ column_name: name, data_type: type }) => [String(name), String(type)]));
}
