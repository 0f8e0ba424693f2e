import { type RawBuilder, sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import { DuplicateKeyError, documentKey } from './write-keys.ts';

/** Names that must give distinct keys within each scope: the workflows, and the jobs of each workflow. */
type Names = RawBuilder<{ scope: string | null; workflow: string | null; name: string }>;

/**
 * Refuses before the first byte is sent when two of a project's workflows, or two jobs of one of them, would get one
 * key.
 *
 * @throws {DuplicateKeyError} naming both
 */
export async function requireDistinctKeys(read: Queries, projectId: string): Promise<void> {
  await refuseClash(
    read,
    sql`
      select null::uuid as scope, null as workflow, name
      from workflows where project_id = ${projectId} and deleted_at is null
      union all
      select w.id, w.name, j.name
      from workflows w join jobs j on j.workflow_id = w.id
      where w.project_id = ${projectId} and w.deleted_at is null`,
  );
}

/** The same for workflows as they were in snapshots. */
export async function requireDistinctKeysOfSnapshots(
  read: Queries,
  snapshotIds: readonly string[],
): Promise<void> {
  await refuseClash(
    read,
    sql`
      select null::uuid as scope, null as workflow, name
      from workflow_snapshots where id = any(${snapshotIds}::uuid[])
      union all
      select s.id, s.name, job ->> 'name'
      from workflow_snapshots s cross join jsonb_array_elements(s.jobs) as job
      where s.id = any(${snapshotIds}::uuid[])`,
  );
}

async function refuseClash(read: Queries, names: Names): Promise<void> {
  const { rows } = await sql<{ workflow: string | null; first: string; second: string }>`
    select workflow, min(name) as first, max(name) as second
    from (${names}) as named
    group by scope, workflow, replace(name, ' ', '-')
    having count(*) > 1
    order by scope nulls first, first
    limit 1`.execute(read);
  const [clash] = rows;
  if (clash === undefined) return;
  const where = clash.workflow === null ? 'workflows' : `workflows.${documentKey(clash.workflow)}.jobs`;
  const key = documentKey(clash.first);
  throw new DuplicateKeyError(where, { key, name: clash.first }, { key, name: clash.second });
}
