import { type RawBuilder, sql } from 'kysely';
import { prepared } from '../database/prepared.ts';
import type { Queries } from '../database/queries.ts';
import type { ConditionType, TriggerType } from '../exchange/document.ts';
import type { EdgeState, JobState, TriggerState } from '../heads/workflow-hash.ts';
import type { StoredKafka } from './kafka-configuration.ts';

/** A workflow with its graph as the database has it, each list in the order of insertion. */
export interface StoredWorkflow {
  readonly id: string;
  readonly name: string;
  readonly positions: Readonly<Record<string, unknown>> | null;
  readonly concurrency: number | null;
  readonly enableJobLogs: boolean;
  readonly jobs: readonly JobState[];
  readonly triggers: readonly StoredTrigger[];
  readonly edges: readonly StoredEdge[];
}

/** A trigger, but for its custom path. */
export interface StoredTrigger extends TriggerState {
  readonly type: TriggerType;
  readonly comment: string | null;
  readonly kafkaConfiguration: StoredKafka | null;
}

export interface StoredEdge extends EdgeState {
  readonly conditionType: ConditionType;
}

/**
 * A workflow and the rows of its graph under their columns' names, in the order of insertion. Rows out of a snapshot of
 * Lightning's lack what it got later.
 */
export interface WorkflowRows {
  readonly id: string;
  readonly name: string;
  readonly positions: Readonly<Record<string, unknown>> | null;
  readonly concurrency: number | null;
  readonly enable_job_logs: boolean;
  readonly jobs: readonly JobRow[];
  readonly triggers: readonly TriggerRow[];
  readonly edges: readonly EdgeRow[];
}

/**
 * {@link WorkflowRows} out of a snapshot `s`, which does not tell concurrency and logs of jobs: they are what a new
 * workflow has.
 */
export const snapshotAsWorkflow: RawBuilder<unknown> = sql`
  s.workflow_id as id, s.name, s.positions, null::integer as concurrency, true as enable_job_logs,
  s.jobs, s.triggers, s.edges`;

interface JobRow {
  readonly id: string;
  readonly name: string;
  readonly adaptor: string;
  readonly body: string;
  readonly project_credential_id?: string | null;
  readonly keychain_credential_id?: string | null;
}

interface TriggerRow {
  readonly id: string;
  readonly type: TriggerType;
  readonly comment?: string | null;
  readonly enabled: boolean;
  readonly cron_expression?: string | null;
  readonly cron_cursor_job_id?: string | null;
  readonly webhook_reply?: string | null;
  readonly webhook_response_config?: Readonly<Record<string, unknown>> | null;
  readonly kafka_configuration?: StoredKafka | null;
}

interface EdgeRow {
  readonly id: string;
  readonly source_trigger_id?: string | null;
  readonly source_job_id?: string | null;
  readonly target_job_id: string;
  readonly condition_type: ConditionType;
  readonly condition_expression?: string | null;
  readonly condition_label?: string | null;
  readonly enabled: boolean;
}

/**
 * Workflows with their graphs, by id. Four statements of plain rows, which rely on the indexes that lead with
 * workflow_id: the same as JSON from one statement keeps the database busy for three times as long.
 */
export async function storedWorkflows(
  db: Queries,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StoredWorkflow>> {
  if (ids.length === 0) return new Map();
  const { rows } = await prepared(
    'stored workflows',
    sql<Omit<WorkflowRows, 'jobs' | 'triggers' | 'edges'>>`
    select id, name, positions, concurrency, enable_job_logs from workflows where id = any(${ids}::uuid[])`,
  ).execute(db);
  const jobs = await graphRows<JobRow>(
    db,
    ids,
    'jobs',
    sql`id, name, adaptor, body, project_credential_id, keychain_credential_id from jobs`,
  );
  const triggers = await graphRows<TriggerRow>(
    db,
    ids,
    'triggers',
    sql`id, type, comment, enabled, cron_expression, cron_cursor_job_id, webhook_reply, webhook_response_config,
        kafka_configuration from triggers`,
  );
  const edges = await graphRows<EdgeRow>(
    db,
    ids,
    'edges',
    sql`id, source_trigger_id, source_job_id, target_job_id, condition_type, condition_expression,
        condition_label, enabled from workflow_edges`,
  );
  return new Map(
    rows.map((row) => [
      row.id,
      storedWorkflow({
        ...row,
        jobs: jobs.get(row.id) ?? [],
        triggers: triggers.get(row.id) ?? [],
        edges: edges.get(row.id) ?? [],
      }),
    ]),
  );
}

/** The rows of some workflows by workflow. */
async function graphRows<Row>(
  db: Queries,
  workflowIds: readonly string[],
  table: string,
  columnsFromTable: RawBuilder<unknown>,
): Promise<Map<string, Row[]>> {
  const { rows } = await prepared(
    `stored ${table}`,
    sql<Row & { readonly workflow_id: string }>`
    select workflow_id, ${columnsFromTable}
    where workflow_id = any(${workflowIds}::uuid[]) order by inserted_at, id`,
  ).execute(db);
  return Map.groupBy(rows, (row) => row.workflow_id);
}

export function storedWorkflow(workflow: WorkflowRows): StoredWorkflow {
  const { id, name, positions, jobs, triggers, edges } = workflow;
  return {
    id,
    name,
    positions,
    concurrency: workflow.concurrency,
    enableJobLogs: workflow.enable_job_logs,
    jobs: jobs.map((job) => ({
      id: job.id,
      name: job.name,
      adaptor: job.adaptor,
      body: job.body,
      projectCredentialId: job.project_credential_id ?? null,
      keychainCredentialId: job.keychain_credential_id ?? null,
    })),
    triggers: triggers.map((trigger) => ({
      id: trigger.id,
      type: trigger.type,
      comment: trigger.comment ?? null,
      enabled: trigger.enabled,
      cronExpression: trigger.cron_expression ?? null,
      cronCursorJobId: trigger.cron_cursor_job_id ?? null,
      webhookReply: trigger.webhook_reply ?? null,
      webhookResponseConfig: trigger.webhook_response_config ?? null,
      kafkaConfiguration: trigger.kafka_configuration ?? null,
    })),
    edges: edges.map((edge) => ({
      id: edge.id,
      sourceTriggerId: edge.source_trigger_id ?? null,
      sourceJobId: edge.source_job_id ?? null,
      targetJobId: edge.target_job_id,
      conditionType: edge.condition_type,
      conditionExpression: edge.condition_expression ?? null,
      conditionLabel: edge.condition_label ?? null,
      enabled: edge.enabled,
    })),
  };
}
