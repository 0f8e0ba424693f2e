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

/**
 * The rows of a table in both databases, by what both hold of them: as JSON that keeps microseconds and every digit, and
 * with the zone that Lightning's times mean.
 */
export async function bothSides(
  lightning: Lightning,
  databaseUrl: string,
  table: string,
): Promise<{ readonly there: readonly Row[]; readonly here: readonly Row[] }> {
  const [there, here] = [await columns(lightning.url, table), await columns(databaseUrl, table)];
  const shared = [...here.keys()].filter((name) => there.has(name));
  const select = (types: ReadonlyMap<string, string>) => {
    const values = shared.map((name) => {
      const type = types.get(name);
      if (type === 'timestamp without time zone') return `("${name}" at time zone 'UTC')::text as "${name}"`;
      return `(${type === 'ARRAY' ? `to_jsonb("${name}")` : `"${name}"`})::text as "${name}"`;
    });
    const order = shared.includes('id') ? 'id' : shared.map((name) => `"${name}"`).join(', ');
    return `select ${values.join(', ')} from "${table}" order by ${order}`;
  };
  const rows = async (url: string, types: ReadonlyMap<string, string>) =>
    await execute(url, "set timezone = 'UTC'", select(types));
  return { there: await rows(lightning.url, there), here: await rows(databaseUrl, here) };
}

/** Which transaction wrote each row last, of every table that is adopted and of events: a row that is not written keeps it. */
export async function writers(databaseUrl: string): Promise<readonly Row[]> {
  const tables = [...adoptedTables.map(({ name }) => name), 'events', 'audit_events'];
  const selects = tables.map((table) => `select '${table}' as table, ctid::text, xmin::text from ${table}`);
  return await execute(databaseUrl, `${selects.join(' union all ')} order by 1, 2`);
}

async function columns(url: string, table: string): Promise<ReadonlyMap<string, string>> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<{ column_name: string; data_type: string }>(
      `select column_name, data_type from information_schema.columns
       where table_name = $1 and table_schema = 'public' order by column_name`,
      [table],
    );
    return new Map(rows.map(({ column_name: name, data_type: type }) => [name, type]));
  } finally {
    await client.end();
  }
}
