import { sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import { exportedSnapshots } from '../exchange/exported-snapshots.ts';
import { exportedBatches } from '../exchange/exported-workflows.ts';
import { isoTime } from './state-header.ts';
import { stateWorkflow, type WorkflowColumns } from './state-workflow.ts';

type State = Readonly<Record<string, unknown>>;

/** A project's workflows as its state shows them, by key. `read` must be a transaction. */
export async function* exportedStates(read: Queries, projectId: string): AsyncGenerator<State> {
  for await (const workflows of exportedBatches(read, projectId)) {
    const columns = await columnsOf(
      read,
      workflows.map(({ id }) => id),
    );
    for (const workflow of workflows) yield stateWorkflow(workflow, columns.get(workflow.id) ?? {});
  }
}

/** Workflows as they were in snapshots; versions are of workflows alone. `read` must be a transaction. */
export async function* exportedSnapshotStates(
  read: Queries,
  snapshotIds: readonly string[],
): AsyncGenerator<State> {
  const rows = await read
    .selectFrom('workflow_snapshots')
    .select(['workflow_id', 'lock_version', 'inserted_at'])
    .where('id', 'in', snapshotIds)
    .execute();
  const columns = new Map(
    rows.map(({ workflow_id, lock_version, inserted_at }) => [
      workflow_id,
      { lock_version, inserted_at: isoTime(inserted_at) },
    ]),
  );
  for await (const workflow of exportedSnapshots(read, snapshotIds))
    yield stateWorkflow(workflow, columns.get(workflow.id) ?? {});
}

interface ColumnsRow {
  readonly id: string;
  readonly lock_version: number;
  readonly concurrency: number | null;
  readonly inserted_at: string;
  readonly updated_at: string;
  readonly version_history: readonly string[];
}

/** Versions as `source:hash`, the oldest first. Relies on `workflow_versions_latest_index`. */
async function columnsOf(
  read: Queries,
  workflowIds: readonly string[],
): Promise<ReadonlyMap<string, WorkflowColumns>> {
  if (workflowIds.length === 0) return new Map();
  const { rows } = await sql<ColumnsRow>`
    select w.id, w.lock_version, w.concurrency, w.inserted_at, w.updated_at,
           array(select v.source || ':' || v.hash from workflow_versions v
                 where v.workflow_id = w.id order by v.inserted_at, v.id) as version_history
    from workflows w where w.id = any(${workflowIds}::uuid[])`.execute(read);
  return new Map(
    rows.map(({ id, ...columns }) => [
      id,
      {
        ...columns,
        inserted_at: isoTime(columns.inserted_at),
        updated_at: isoTime(columns.updated_at),
        deleted_at: null,
      },
    ]),
  );
}
