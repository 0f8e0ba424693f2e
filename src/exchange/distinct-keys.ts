import { type RawBuilder, sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import { DuplicateKeyError, documentKey } from './write-keys.ts';

/** Two names that give one key: of workflows, or of jobs of the workflow named. */
interface Clash {
  readonly workflow: string | null;
  readonly first: string;
  readonly second: string;
}

/**
 * Refuses before the first byte is sent when two of a project's workflows, or two jobs of one of them, would get one
 * key.
 *
 * Workflow by workflow, from the index on (workflow_id, name): grouping all jobs of the project together takes three
 * times as long.
 *
 * @throws {DuplicateKeyError} naming both
 */
export async function requireDistinctKeysOfProject(read: Queries, projectId: string): Promise<void> {
  await refuseClash(
    read,
    sql`
      (select null as workflow, min(name) as first, max(name) as second
       from workflows where project_id = ${projectId} and deleted_at is null
       group by replace(name, ' ', '-') having count(*) > 1
       order by first limit 1)
      union all
      (select w.name, clash.first, clash.second
       from workflows w
       cross join lateral (
         select min(j.name) as first, max(j.name) as second
         from jobs j where j.workflow_id = w.id
         group by replace(j.name, ' ', '-') having count(*) > 1
         order by first limit 1
       ) clash
       where w.project_id = ${projectId} and w.deleted_at is null
       order by w.name limit 1)
      order by workflow nulls first`,
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
      select workflow, min(name) as first, max(name) as second
      from (
        select null::uuid as scope, null as workflow, name
        from workflow_snapshots where id = any(${snapshotIds}::uuid[])
        union all
        select s.id, s.name, job ->> 'name'
        from workflow_snapshots s cross join jsonb_array_elements(s.jobs) as job
        where s.id = any(${snapshotIds}::uuid[])
      ) named
      group by scope, workflow, replace(name, ' ', '-')
      having count(*) > 1
      order by scope nulls first, first
      limit 1`,
  );
}

async function refuseClash(read: Queries, clashes: RawBuilder<Clash>): Promise<void> {
  const { rows } = await clashes.execute(read);
  const [clash] = rows;
  if (clash === undefined) return;
  const where = clash.workflow === null ? 'workflows' : `workflows.${documentKey(clash.workflow)}.jobs`;
  const key = documentKey(clash.first);
  throw new DuplicateKeyError(where, { key, name: clash.first }, { key, name: clash.second });
}
