import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import type { Queries } from '../database/queries.ts';
import type { ConditionType, TriggerType } from './document.ts';

/** One workflow with its graph, as the export reads it: rows of the present, or of a snapshot. */
export interface ExportedWorkflow {
  readonly key: string;
  readonly name: string;
  readonly jobs: readonly ExportedJob[];
  readonly triggers: readonly ExportedTrigger[];
  readonly edges: readonly ExportedEdge[];
}

export interface ExportedJob {
  readonly id: string;
  readonly name: string;
  readonly adaptor: string;
  readonly body: string;
  readonly project_credential_id: string | null;
}

export interface ExportedTrigger {
  readonly id: string;
  readonly type: TriggerType;
  readonly enabled: boolean;
  readonly cron_expression: string | null;
  readonly cron_cursor_job_id: string | null;
  readonly webhook_reply: string | null;
  readonly webhook_response_config: Readonly<Record<string, unknown>> | null;
  readonly kafka_configuration: Readonly<Record<string, unknown>> | null;
}

export interface ExportedEdge {
  readonly source_trigger_id: string | null;
  readonly source_job_id: string | null;
  readonly target_job_id: string;
  readonly condition_type: ConditionType;
  readonly condition_label: string | null;
  readonly condition_expression: string | null;
  readonly enabled: boolean;
}

/** Bytes of rows that one fetch aims at: enough to keep the database busy, little enough to keep memory flat. */
const FETCH_BYTES = 512 * 1024;
const MOST_ROWS = 200;

/**
 * A project's workflows by key, each with its graph, read through a cursor: the next rows are fetched when the last
 * ones were taken. `read` must be a transaction. The sort sees only ids and names; the graphs are gathered workflow
 * by workflow as the cursor goes, so that the first one comes at once.
 */
export async function* exportedWorkflows(
  read: Queries,
  projectId: string,
  snapshotIds: readonly string[],
): AsyncGenerator<ExportedWorkflow> {
  const query = snapshotIds.length > 0 ? ofSnapshots(projectId, snapshotIds) : ofThePresent(projectId);
  await sql`declare exported_workflows no scroll cursor for ${query}`.execute(read);
  for (let count = 1; ; ) {
    const { rows } = await sql<ExportedWorkflow & { bytes: number }>`
      fetch forward ${sql.lit(count)} from exported_workflows`.execute(read);
    yield* rows;
    if (rows.length < count) return;
    const bytes = rows.reduce((sum, row) => sum + row.bytes, 0) / rows.length;
    count = Math.max(1, Math.min(MOST_ROWS, Math.floor(FETCH_BYTES / Math.max(bytes, 1))));
  }
}

/** `offset 0` keeps the planner from gathering the graphs before it sorts. */
function ofThePresent(projectId: string): RawBuilder<unknown> {
  return sql`
    select w.key, w.name, jobs.rows as jobs, triggers.rows as triggers, edges.rows as edges,
           pg_column_size(jobs.rows) as bytes
    from (
      select id, name, replace(name, ' ', '-') as key from workflows
      where project_id = ${projectId} and deleted_at is null
      order by replace(name, ' ', '-'), id
      offset 0
    ) w
    cross join lateral (
      select coalesce(json_agg(json_build_object(
        'id', j.id, 'name', j.name, 'adaptor', j.adaptor, 'body', j.body,
        'project_credential_id', j.project_credential_id) order by j.inserted_at, j.id), '[]') as rows
      from jobs j where j.workflow_id = w.id
    ) jobs
    cross join lateral (
      select coalesce(json_agg(json_build_object(
        'id', t.id, 'type', t.type, 'enabled', t.enabled, 'cron_expression', t.cron_expression,
        'cron_cursor_job_id', t.cron_cursor_job_id, 'webhook_reply', t.webhook_reply,
        'webhook_response_config', t.webhook_response_config,
        'kafka_configuration', t.kafka_configuration - 'username' - 'password') order by t.inserted_at, t.id), '[]') as rows
      from triggers t where t.workflow_id = w.id
    ) triggers
    cross join lateral (
      select coalesce(json_agg(json_build_object(
        'source_trigger_id', e.source_trigger_id, 'source_job_id', e.source_job_id,
        'target_job_id', e.target_job_id, 'condition_type', e.condition_type,
        'condition_label', e.condition_label, 'condition_expression', e.condition_expression,
        'enabled', e.enabled) order by e.inserted_at, e.id), '[]') as rows
      from workflow_edges e where e.workflow_id = w.id
    ) edges`;
}

/** Snapshots keep the rows of the graph under their columns' names, in the order of insertion. */
function ofSnapshots(projectId: string, snapshotIds: readonly string[]): RawBuilder<unknown> {
  return sql`
    select replace(s.name, ' ', '-') as key, s.name, s.jobs, s.triggers, s.edges, pg_column_size(s.jobs) as bytes
    from workflow_snapshots s join workflows w on w.id = s.workflow_id
    where s.id = any(${snapshotIds}::uuid[]) and w.project_id = ${projectId}
    order by replace(s.name, ' ', '-') collate "C", s.id`;
}
