import { sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import type { Batch } from './read-batch.ts';

/** Where something belongs that history refers to. */
export interface Place {
  /** Null for a step of which nobody has said yet. */
  readonly projectId: string | null;
  /** Null for what belongs to no workflow. */
  readonly workflowId: string | null;
  /** What the row cannot change: the project of a dataclip, the work order of a run, and so on. */
  readonly parentId: string | null;
}

export type PlaceKind =
  | 'workflows'
  | 'snapshots'
  | 'jobs'
  | 'triggers'
  | 'dataclips'
  | 'work_orders'
  | 'runs'
  | 'steps'
  | 'log_lines';

/** Everything that a batch names and that is there, by kind and id. */
export type Facts = { readonly [Kind in PlaceKind]: Map<string, Place> };

/** What matters of a project to its history. */
export interface HistoryProject {
  readonly isPendingDeletion: boolean;
  readonly keepsDataclips: boolean;
}

interface FactRow {
  readonly kind: PlaceKind;
  readonly id: string;
  readonly project_id: string | null;
  readonly workflow_id: string | null;
  readonly parent_id: string | null;
}

/**
 * Looks up whatever the batch names, its own records too, in one statement. What a foreign key will need is kept from
 * being deleted until the transaction ends, as the key itself would keep it a moment later.
 */
export async function readFacts(db: Queries, batch: Batch): Promise<Facts> {
  const named = namedIds(batch);
  const ids = (kind: PlaceKind) => sql`any(${[...named[kind]]}::uuid[])`;
  const { rows } = await sql<FactRow>`
    with held_workflow as (
      select id, project_id from workflows where id = ${ids('workflows')} for key share
    ), held_snapshot as (
      select id, workflow_id from workflow_snapshots where id = ${ids('snapshots')} for key share
    ), held_dataclip as (
      select id, project_id from dataclips where id = ${ids('dataclips')} for key share
    ), held_work_order as (
      select id, project_id, workflow_id from work_orders where id = ${ids('work_orders')} for key share
    ), held_run as (
      select id, project_id, workflow_id, work_order_id from runs where id = ${ids('runs')} for key share
    ), held_step as (
      select id, project_id, job_id from steps where id = ${ids('steps')} for key share
    )
    select 'workflows' as kind, id, project_id, id as workflow_id, null::uuid as parent_id from held_workflow
    union all
    select 'snapshots', held_snapshot.id, project_id, workflow_id, null
    from held_snapshot join workflows on workflows.id = workflow_id
    union all
    select 'jobs', jobs.id, project_id, workflow_id, null
    from jobs join workflows on workflows.id = workflow_id where jobs.id = ${ids('jobs')}
    union all
    select 'triggers', triggers.id, project_id, workflow_id, null
    from triggers join workflows on workflows.id = workflow_id where triggers.id = ${ids('triggers')}
    union all
    select 'dataclips', id, project_id, null, project_id from held_dataclip
    union all
    select 'work_orders', id, project_id, workflow_id, workflow_id from held_work_order
    union all
    select 'runs', id, project_id, workflow_id, work_order_id from held_run
    union all
    select 'steps', id, project_id, null, job_id from held_step
    union all
    select 'log_lines', id, null, null, run_id from log_lines where id = ${ids('log_lines')}`.execute(db);
  const facts = byPlaceKind(() => new Map<string, Place>());
  for (const { kind, id, project_id: projectId, workflow_id: workflowId, parent_id: parentId } of rows)
    facts[kind].set(id, { projectId, workflowId, parentId });
  return facts;
}

/**
 * The projects of all that the batch names, locked so that none begins to be deleted before the batch is stored; other
 * batches may hold the same lock.
 */
export async function heldProjects(
  db: Queries,
  batch: Batch,
  facts: Facts,
): Promise<ReadonlyMap<string, HistoryProject>> {
  const ids = new Set(batch.dataclips.map(({ row }) => row.project_id));
  for (const places of Object.values(facts))
    for (const { projectId } of places.values()) if (projectId !== null) ids.add(projectId);
  const rows = await db
    .selectFrom('projects')
    .select(['id', 'retention_policy', 'scheduled_deletion'])
    .where(sql<boolean>`id = any(${[...ids]}::uuid[])`)
    .where('deletion_started_at', 'is', null)
    .orderBy('id')
    .forShare()
    .execute();
  return new Map(
    rows.map((row) => [
      row.id,
      {
        isPendingDeletion: row.scheduled_deletion !== null,
        keepsDataclips: row.retention_policy !== 'erase_all',
      },
    ]),
  );
}

function namedIds(batch: Batch): { readonly [Kind in PlaceKind]: ReadonlySet<string> } {
  const named = byPlaceKind(() => new Set<string>());
  const add = (kind: PlaceKind, id: string | null) => {
    if (id !== null) named[kind].add(id);
  };
  for (const { row } of batch.dataclips) add('dataclips', row.id);
  for (const { row } of batch.work_orders) {
    add('work_orders', row.id);
    add('workflows', row.workflow_id);
    add('snapshots', row.snapshot_id);
    add('triggers', row.trigger_id);
    add('dataclips', row.dataclip_id);
  }
  for (const { row } of batch.runs) {
    add('runs', row.id);
    add('work_orders', row.work_order_id);
    add('snapshots', row.snapshot_id);
    add('jobs', row.starting_job_id);
    add('triggers', row.starting_trigger_id);
    add('dataclips', row.dataclip_id);
  }
  for (const { row } of batch.steps) {
    add('steps', row.id);
    add('jobs', row.job_id);
    add('snapshots', row.snapshot_id);
    add('dataclips', row.input_dataclip_id);
    add('dataclips', row.output_dataclip_id);
  }
  for (const { row } of batch.run_steps) {
    add('runs', row.run_id);
    add('steps', row.step_id);
  }
  for (const { row } of batch.log_lines) {
    add('log_lines', row.id);
    add('runs', row.run_id);
    add('steps', row.step_id);
  }
  return named;
}

function byPlaceKind<T>(make: () => T): { readonly [Kind in PlaceKind]: T } {
  return {
    workflows: make(),
    snapshots: make(),
    jobs: make(),
    triggers: make(),
    dataclips: make(),
    work_orders: make(),
    runs: make(),
    steps: make(),
    log_lines: make(),
  };
}
