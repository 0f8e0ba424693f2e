import type { Compilable } from 'kysely';
import { openOrm } from '../../src/database/orm.ts';
import { Queries } from '../../src/database/queries.ts';
import type { TestService } from './service.ts';

/** What of a query can be asked how it would be executed. */
interface Explainable extends Compilable {
  explain(format: 'text'): Promise<Record<string, unknown>[]>;
}

/** How PostgreSQL would execute a query on the service's database, as EXPLAIN writes it. */
export async function planOf(
  service: Pick<TestService, 'databaseUrl'>,
  query: (read: Queries) => Explainable,
): Promise<string> {
  const orm = await openOrm({
    url: service.databaseUrl,
    poolMax: 1,
    applicationName: 'explain',
    statementTimeoutMs: 0,
  });
  try {
    const lines = await query(new Queries(orm.em.getKysely(), new AbortController().signal)).explain('text');
    return lines.map((line) => line['QUERY PLAN']).join('\n');
  } finally {
    await orm.close(true);
  }
}
