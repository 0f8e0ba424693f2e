import { type Compilable, type Expression, sql } from 'kysely';
import { openOrm } from '../../src/database/orm.ts';
import { Queries } from '../../src/database/queries.ts';
import type { TestService } from './service.ts';

/** What of a query can be asked how it would be executed. */
export interface Explainable extends Compilable {
  explain(format: 'text', options?: Expression<unknown>): Promise<Record<string, unknown>[]>;
}

/** How PostgreSQL would execute a query on the service's database, as EXPLAIN writes it. */
export async function planOf(
  service: Pick<TestService, 'databaseUrl'>,
  query: (read: Queries) => Explainable,
): Promise<string> {
  await using database = await openReads(service.databaseUrl);
  return await explain(query(database.read));
}

/** A connection for reads as calls make them. */
export async function openReads(
  url: string,
  statementTimeoutMs = 0,
): Promise<AsyncDisposable & { readonly read: Queries }> {
  const orm = await openOrm({ url, poolMax: 1, applicationName: 'explain', statementTimeoutMs });
  return {
    read: new Queries(orm.em.getKysely(), new AbortController().signal),
    [Symbol.asyncDispose]: () => orm.close(true),
  };
}

interface Execution {
  readonly plan: string;
  readonly blocks: number;
}

/** How a query was executed, and how many blocks of 8 KiB it looked at: what it costs, on whatever machine. */
export async function execution(query: Explainable): Promise<Execution> {
  const [one, another] = [await executed(query), await executed(query)];
  // What a session has to read of the catalogs meanwhile is counted as well, and is not the query's.
  return one.blocks < another.blocks ? one : another;
}

async function executed(query: Explainable): Promise<Execution> {
  const plan = await explain(query, sql`analyze, buffers, timing off`);
  const [, hit = 0, read = 0] = /Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?/.exec(plan) ?? [];
  return { plan, blocks: Number(hit) + Number(read) };
}

async function explain(query: Explainable, options?: Expression<unknown>): Promise<string> {
  const lines = await query.explain('text', options);
  return lines.map((line) => line['QUERY PLAN']).join('\n');
}
