import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { StoredWorkflow } from './workflow-plan.ts';
import { documentKey } from './write-keys.ts';

/**
 * The workflows of a project that entries with these keys and names may mean, with their graphs. One statement; relies
 * on the indexes that lead with workflow_id.
 */
export async function storedWorkflows(
  unit: UnitOfWork,
  projectId: string,
  entries: readonly { readonly key: string; readonly name: string }[],
): Promise<StoredWorkflow[]> {
  const keys = entries.flatMap(({ key, name }) => [key, documentKey(name)]);
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
    where w.project_id = ${projectId} and w.deleted_at is null
      and replace(w.name, ' ', '-') = any(${keys}::text[])`.execute(unit.db);
  return rows;
}
