import { openOrm } from '../../../src/database/orm.ts';
import { Queries } from '../../../src/database/queries.ts';
import { workflowHash } from '../../../src/heads/workflow-hash.ts';
import { storedWorkflows } from '../../../src/workflows/stored-workflows.ts';
import { rows } from '../../support/rows.ts';
import type { TestService } from '../../support/service.ts';

/** The hashes of a project's workflows as they are stored, by id; without those that were deleted. */
export async function storedHashes(
  service: Pick<TestService, 'databaseUrl'>,
  projectId: string,
): Promise<Map<string, string>> {
  const found = await rows<{ id: string }>(
    service,
    'select id from workflows where project_id = $1 and deleted_at is null',
    [projectId],
  );
  const ids = found.map(({ id }) => id);
  const stored = await withQueries(service, (db) => storedWorkflows(db, ids));
  return new Map([...stored].map(([id, workflow]) => [id, workflowHash(workflow)]));
}

async function withQueries<T>(
  { databaseUrl: url }: Pick<TestService, 'databaseUrl'>,
  work: (db: Queries) => Promise<T>,
): Promise<T> {
  const orm = await openOrm({ url, poolMax: 1, applicationName: 'test', statementTimeoutMs: 0 });
  try {
    return await work(new Queries(orm.em.getKysely(), new AbortController().signal));
  } finally {
    await orm.close(true);
  }
}
