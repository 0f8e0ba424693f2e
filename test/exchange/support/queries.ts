import { openOrm } from '../../../src/database/orm.ts';
import { Queries } from '../../../src/database/queries.ts';
import type { TestService } from '../../support/service.ts';

/** Runs `work` with queries on the service's own database. */
export async function withQueries<T>(
  service: Pick<TestService, 'databaseUrl'>,
  work: (db: Queries) => Promise<T>,
): Promise<T> {
  const orm = await openOrm({
    url: service.databaseUrl,
    poolMax: 1,
    applicationName: 'test',
    statementTimeoutMs: 0,
  });
  try {
    return await work(new Queries(orm.em.getKysely(), new AbortController().signal));
  } finally {
    await orm.close(true);
  }
}
