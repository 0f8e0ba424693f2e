import type {
  DocumentEdge,
  DocumentJob,
  DocumentTrigger,
  DocumentWorkflow,
  KafkaConfiguration,
} from './document.ts';
import type { ExportedEdge, ExportedJob, ExportedTrigger, ExportedWorkflow } from './exported-rows.ts';
import { documentKey, edgeKeys, triggerKeys } from './write-keys.ts';

/**
 * A workflow's rows as the document shows them: links by key instead of by id.
 *
 * @param credentialKeys keys of the project's credentials by the id of the project credential
 */
export function documentWorkflow(
  workflow: ExportedWorkflow,
  credentialKeys: ReadonlyMap<string, string>,
): DocumentWorkflow {
  const jobs = workflow.jobs.map((job) => documentJob(job, credentialKeys));
  const jobKeys = new Map(workflow.jobs.map(({ id }, index) => [id, jobs[index]?.key ?? '']));
  const keys = triggerKeys(workflow.triggers.map(({ type }) => type));
  const ofTriggers = new Map(workflow.triggers.map(({ id }, index) => [id, keys[index] ?? '']));
  return {
    key: workflow.key,
    name: workflow.name,
    jobs,
    triggers: workflow.triggers.map((trigger) => documentTrigger(trigger, ofTriggers, jobKeys)),
    edges: documentEdges(workflow.edges, ofTriggers, jobKeys),
  };
}

function documentJob(job: ExportedJob, credentialKeys: ReadonlyMap<string, string>): DocumentJob {
  const { name, adaptor, body, project_credential_id: credential } = job;
  return {
    key: documentKey(name),
    name,
    adaptor,
    body,
    credential: credential === null ? null : (credentialKeys.get(credential) ?? null),
  };
}

type Keys = ReadonlyMap<string, string>;

function documentTrigger(trigger: ExportedTrigger, keys: Keys, jobKeys: Keys): DocumentTrigger {
  const cursor = trigger.cron_cursor_job_id;
  return {
    key: keys.get(trigger.id) ?? trigger.type,
    type: trigger.type,
    webhookReply: trigger.webhook_reply,
    webhookResponseConfig: trigger.webhook_response_config,
    cronExpression: trigger.cron_expression,
    cronCursorJob: cursor === null ? null : (jobKeys.get(cursor) ?? null),
    enabled: trigger.enabled,
    kafkaConfiguration: trigger.kafka_configuration === null ? null : kafkaConfiguration(trigger.kafka_configuration),
  };
}

function documentEdges(edges: readonly ExportedEdge[], triggers: Keys, jobs: Keys): DocumentEdge[] {
  const ends = edges.map((edge) => ({
    source: triggers.get(edge.source_trigger_id ?? '') ?? jobs.get(edge.source_job_id ?? '') ?? '',
    target: jobs.get(edge.target_job_id) ?? '',
  }));
  const keys = edgeKeys(ends);
  return edges.map((edge, index) => ({
    key: keys[index] ?? '',
    sourceTrigger: edge.source_trigger_id === null ? null : (triggers.get(edge.source_trigger_id) ?? null),
    sourceJob: edge.source_job_id === null ? null : (jobs.get(edge.source_job_id) ?? null),
    targetJob: ends[index]?.target ?? '',
    conditionType: edge.condition_type,
    conditionLabel: edge.condition_label,
    conditionExpression: edge.condition_expression,
    enabled: edge.enabled,
  }));
}

/** What of a trigger's stored configuration a document shows; its form is Lightning's. */
function kafkaConfiguration(stored: Readonly<Record<string, unknown>>): KafkaConfiguration {
  const { hosts, topics, initial_offset_reset_policy: policy, connect_timeout: timeout } = stored;
  return {
    hosts: list(hosts).map((pair) => {
      const [host, port] = list(pair);
      return [String(host), String(port)];
    }),
    topics: list(topics).map(String),
    initialOffsetResetPolicy: typeof policy === 'string' ? policy : null,
    connectTimeout: typeof timeout === 'number' ? timeout : null,
  };
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
