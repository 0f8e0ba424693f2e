import pg from 'pg';
import type { TestService } from './service.ts';

/** Rows of a service's own database, for what no RPC shows. */
export async function rows<Row extends pg.QueryResultRow>(
  service: Pick<TestService, 'databaseUrl'>,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client(service.databaseUrl);
  await client.connect();
  try {
    const result = await client.query<Row>(text, [...values]);
    return result.rows;
  } finally {
    await client.end();
  }
}
