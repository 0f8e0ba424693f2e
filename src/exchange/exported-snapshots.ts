import { sql } from 'kysely';
import { Failure, invalidArgument } from '../call/failure.ts';
import type { Queries } from '../database/queries.ts';
import {
  type StoredWorkflow,
  snapshotAsWorkflow,
  storedWorkflow,
  type WorkflowRows,
} from '../workflows/stored-workflows.ts';

/**
 * Workflows as they were in snapshots, by key. The next one is read when the last one was taken. `read` must be a
 * transaction. Neither snapshots nor documents tell concurrency and logs of jobs.
 */
export async function* exportedSnapshots(
  read: Queries,
  snapshotIds: readonly string[],
): AsyncGenerator<StoredWorkflow> {
  await sql`
    declare exported_snapshots no scroll cursor for
    select ${snapshotAsWorkflow} from workflow_snapshots s
    where s.id = any(${snapshotIds}::uuid[])
    order by replace(s.name, ' ', '-') collate "C", s.id`.execute(read);
  for (;;) {
    const { rows } = await sql<WorkflowRows>`fetch next from exported_snapshots`.execute(read);
    const [row] = rows;
    if (row === undefined) return;
    yield storedWorkflow(row);
  }
}

/**
 * Requires that snapshots are of the project, and no two of them of one workflow.
 *
 * @throws Failure SNAPSHOT_NOT_FOUND, VALIDATION_FAILED
 */
export async function requireSnapshots(
  read: Queries,
  projectId: string,
  snapshotIds: readonly string[],
): Promise<void> {
  const rows = await read
    .selectFrom('workflow_snapshots')
    .innerJoin('workflows', 'workflows.id', 'workflow_snapshots.workflow_id')
    .select(['workflow_snapshots.id', 'workflow_snapshots.workflow_id'])
    .where('workflow_snapshots.id', 'in', snapshotIds)
    .where('workflows.project_id', '=', projectId)
    .execute();
  const workflows = new Map(rows.map(({ id, workflow_id }) => [id, workflow_id]));
  const asked = snapshotIds.map((id) => id.toLowerCase());
  const missing = asked.filter((id) => !workflows.has(id));
  if (missing.length > 0) throw snapshotsNotFound(missing);

  const seen = new Map<string, number>();
  asked.forEach((id, index) => {
    const workflow = workflows.get(id) ?? '';
    const twin = seen.get(workflow);
    seen.set(workflow, index);
    if (twin === undefined) return;
    const description = `is a snapshot of the same workflow as snapshot_ids[${twin}]`;
    throw invalidArgument([{ field: `snapshot_ids[${index}]`, description, rule: 'REPEATED' }]);
  });
}

function snapshotsNotFound(ids: readonly string[]): Failure {
  const description = `not snapshots of this project: ${ids.join(', ')}`;
  return new Failure('not_found', 'SNAPSHOT_NOT_FOUND', `snapshot_ids: ${description}`, {
    fields: [{ field: 'snapshot_ids', description }],
  });
}
