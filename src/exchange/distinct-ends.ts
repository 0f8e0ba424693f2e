import { type RawBuilder, sql } from 'kysely';
import { failedPrecondition } from '../call/failure.ts';
import type { Queries } from '../database/queries.ts';

/**
 * Refuses before the first byte is sent when two edges of a workflow have the same ends: format v2 holds the edges of a
 * step by their targets. Relies on the indexes that lead with workflow_id.
 *
 * @throws Failure DUPLICATE_KEY naming the workflow
 */
export async function requireDistinctEnds(read: Queries, projectId: string): Promise<void> {
  await refuseTwins(
    read,
    sql`
      select w.name from workflows w
      where w.project_id = ${projectId} and w.deleted_at is null and exists (
        select from workflow_edges e where e.workflow_id = w.id
        group by e.source_trigger_id, e.source_job_id, e.target_job_id having count(*) > 1
      )
      order by w.name limit 1`,
  );
}

/** The same for workflows as they were in snapshots. */
export async function requireDistinctEndsOfSnapshots(
  read: Queries,
  snapshotIds: readonly string[],
): Promise<void> {
  await refuseTwins(
    read,
    sql`
      select s.name from workflow_snapshots s
      where s.id = any(${snapshotIds}::uuid[]) and exists (
        select from jsonb_array_elements(s.edges) as edge
        group by edge -> 'source_trigger_id', edge -> 'source_job_id', edge -> 'target_job_id'
        having count(*) > 1
      )
      order by s.name limit 1`,
  );
}

async function refuseTwins(read: Queries, twins: RawBuilder<{ readonly name: string }>): Promise<void> {
  const { rows } = await twins.execute(read);
  const [workflow] = rows;
  if (workflow === undefined) return;
  const name = JSON.stringify(workflow.name);
  throw failedPrecondition(
    'DUPLICATE_KEY',
    `workflow ${name} has two edges with the same ends, which format V2 cannot tell apart: export it as V1`,
    [],
    { workflow: workflow.name },
  );
}
