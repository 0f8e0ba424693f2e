import { sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import type { EdgeState, JobState, TriggerState } from '../heads/workflow-hash.ts';
import type { ConditionType, TriggerType } from './document.ts';
import type { StoredKafka } from './kafka-configuration.ts';

/** A workflow with its graph as the database has it, each list in the order of insertion. */
export interface StoredWorkflow {
  readonly id: string;
  readonly name: string;
  readonly positions: Readonly<Record<string, unknown>> | null;
  readonly jobs: readonly JobState[];
  readonly triggers: readonly StoredTrigger[];
  readonly edges: readonly StoredEdge[];
}

/** A trigger, as far as documents speak of it. */
export interface StoredTrigger extends TriggerState {
  readonly type: TriggerType;
  readonly kafkaConfiguration: StoredKafka | null;
}

export interface StoredEdge extends EdgeState {
  readonly conditionType: ConditionType;
}

/** Workflows with their graphs, by id. One statement; relies on the indexes that lead with workflow_id. */
export async function storedWorkflows(
  db: Queries,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StoredWorkflow>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql<StoredWorkflow>`
    select w.id, w.name, w.positions, jobs.rows as jobs, triggers.rows as triggers, edges.rows as edges
    from workflows w
    cross join lateral (
      select coalesce(json_agg(json_build_object(
        'id', j.id, 'name', j.name, 'adaptor', j.adaptor, 'body', j.body,
        'projectCredentialId', j.project_credential_id, 'keychainCredentialId', j.keychain_credential_id)
        order by j.inserted_at, j.id), '[]') as rows
      from jobs j where j.workflow_id = w.id
    ) jobs
    cross join lateral (
      select coalesce(json_agg(json_build_object(
        'id', t.id, 'type', t.type, 'enabled', t.enabled, 'cronExpression', t.cron_expression,
        'cronCursorJobId', t.cron_cursor_job_id, 'webhookReply', t.webhook_reply,
        'webhookResponseConfig', t.webhook_response_config, 'kafkaConfiguration', t.kafka_configuration)
        order by t.inserted_at, t.id), '[]') as rows
      from triggers t where t.workflow_id = w.id
    ) triggers
    cross join lateral (
      select coalesce(json_agg(json_build_object(
        'id', e.id, 'sourceTriggerId', e.source_trigger_id, 'sourceJobId', e.source_job_id,
        'targetJobId', e.target_job_id, 'conditionType', e.condition_type,
        'conditionExpression', e.condition_expression, 'conditionLabel', e.condition_label, 'enabled', e.enabled)
        order by e.inserted_at, e.id), '[]') as rows
      from workflow_edges e where e.workflow_id = w.id
    ) edges
    where w.id = any(${ids}::uuid[])`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}
