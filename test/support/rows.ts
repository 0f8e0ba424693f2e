import type pg from 'pg';
import { connected } from './database.ts';
import type { TestService } from './service.ts';

/** Rows of a service's own database, for what no RPC shows. */
export async function rows<Row extends pg.QueryResultRow>(
  service: Pick<TestService, 'databaseUrl'>,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  return await connected(service.databaseUrl, async (client) => {
    const { rows: found } = await client.query<Row>(text, [...values]);
    return found;
  });
}
