import { type RawBuilder, sql } from 'kysely';
import { type CloneInput, clonedWorkflows } from './clone-maps.ts';

/**
 * Copies of jobs, triggers and edges with everything that they name mapped to its copy. A trigger starts
 * disabled and without its custom path, which is unique across the service; the auth methods of its webhook
 * are shared. A reference to another project's credential, which no constraint forbids, is left out.
 *
 * Relies on the maps; foreign keys are checked when the whole statement is through, so the order does not
 * matter.
 */
export function cloneGraph({ now }: CloneInput): RawBuilder<unknown> {
  return sql`
    copied_jobs as (
      insert into jobs
        (id, workflow_id, name, body, adaptor, project_credential_id, keychain_credential_id, inserted_at, updated_at)
      select job.copy_id, workflow.copy_id, j.name, j.body, j.adaptor, credential.copy_id, keychain.copy_id,
             ${now}, ${now}
      from jobs j
      join job on job.id = j.id
      join workflow on workflow.id = j.workflow_id
      left join credential on credential.id = j.project_credential_id
      left join keychain on keychain.id = j.keychain_credential_id
      where j.workflow_id = any(${clonedWorkflows})
    ), copied_triggers as (
      insert into triggers
        (id, workflow_id, type, enabled, comment, cron_expression, cron_cursor_job_id, webhook_reply,
         webhook_response_config, kafka_configuration, inserted_at, updated_at)
      select trigger.copy_id, workflow.copy_id, t.type, false, t.comment, t.cron_expression, job.copy_id,
             t.webhook_reply, t.webhook_response_config, t.kafka_configuration, ${now}, ${now}
      from triggers t
      join trigger on trigger.id = t.id
      join workflow on workflow.id = t.workflow_id
      left join job on job.id = t.cron_cursor_job_id
      where t.workflow_id = any(${clonedWorkflows})
    ), shared_auth_methods as (
      insert into trigger_webhook_auth_methods (trigger_id, webhook_auth_method_id, inserted_at)
      select trigger.copy_id, method.webhook_auth_method_id, ${now}
      from trigger_webhook_auth_methods method
      join trigger on trigger.id = method.trigger_id
      where method.trigger_id = any(array(select id from trigger))
    ), copied_edges as (
      insert into workflow_edges
        (id, workflow_id, source_job_id, source_trigger_id, target_job_id, condition_type, condition_expression,
         condition_label, enabled, inserted_at, updated_at)
      select edge.copy_id, workflow.copy_id, source_job.copy_id, source_trigger.copy_id, target.copy_id,
             e.condition_type, e.condition_expression, e.condition_label, e.enabled, ${now}, ${now}
      from workflow_edges e
      join edge on edge.id = e.id
      join workflow on workflow.id = e.workflow_id
      left join job source_job on source_job.id = e.source_job_id
      left join trigger source_trigger on source_trigger.id = e.source_trigger_id
      join job target on target.id = e.target_job_id
      where e.workflow_id = any(${clonedWorkflows})
    )`;
}
