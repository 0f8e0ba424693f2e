import type { JobState } from '../heads/workflow-hash.ts';
import { shownKafka } from '../workflows/kafka-configuration.ts';
import type { StoredEdge, StoredTrigger, StoredWorkflow } from '../workflows/stored-workflows.ts';

/** A workflow's own columns in a state, beside its graph, under the names that Lightning gives them. */
export type WorkflowColumns = Readonly<Record<string, unknown>>;

/** A workflow with its graph as the provisioning API shows it (Lightning's `ProvisioningJSON`): lists, linked by id. */
export function stateWorkflow(
  { id, name, jobs, triggers, edges }: StoredWorkflow,
  columns: WorkflowColumns,
): Readonly<Record<string, unknown>> {
  return {
    id,
    name,
    ...columns,
    jobs: jobs.map(stateJob),
    triggers: triggers.map(stateTrigger),
    edges: edges.map(stateEdge),
  };
}

/** Without a keychain credential that is not set: `openfn deploy` takes each key that Lightning lacks for a change. */
function stateJob(job: JobState) {
  return {
    id: job.id,
    name: job.name,
    adaptor: job.adaptor,
    body: job.body,
    project_credential_id: job.projectCredentialId,
    ...withoutNulls({ keychain_credential_id: job.keychainCredentialId }),
  };
}

/** What a Kafka trigger signs in with is no part of it, nor what is not set. */
function stateTrigger(trigger: StoredTrigger) {
  const kafka = shownKafka(trigger.kafkaConfiguration);
  return withoutNulls({
    id: trigger.id,
    type: trigger.type,
    enabled: trigger.enabled,
    cron_expression: trigger.cronExpression,
    cron_cursor_job_id: trigger.cronCursorJobId,
    webhook_reply: trigger.webhookReply,
    webhook_response_config: trigger.webhookResponseConfig,
    kafka_configuration:
      kafka &&
      withoutNulls({
        hosts: kafka.hosts,
        topics: kafka.topics,
        initial_offset_reset_policy: kafka.initialOffsetResetPolicy,
        connect_timeout: kafka.connectTimeout,
      }),
  });
}

function stateEdge(edge: StoredEdge) {
  return withoutNulls({
    id: edge.id,
    source_trigger_id: edge.sourceTriggerId,
    source_job_id: edge.sourceJobId,
    target_job_id: edge.targetJobId,
    condition_type: edge.conditionType,
    condition_label: edge.conditionLabel,
    condition_expression: edge.conditionExpression,
    enabled: edge.enabled,
  });
}

function withoutNulls(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));
}
