import type { JobState } from '../heads/workflow-hash.ts';
import { shownKafka } from '../workflows/kafka-configuration.ts';
import type { StoredEdge, StoredTrigger, StoredWorkflow } from '../workflows/stored-workflows.ts';
import type { DocumentEdge, DocumentJob, DocumentTrigger, DocumentWorkflow } from './document.ts';
import { documentKey, edgeKeys, triggerKeys } from './write-keys.ts';

/**
 * A workflow's rows as the document shows them: links by key instead of by id.
 *
 * @param credentialKeys keys of the project's credentials by the id of the project credential
 */
export function documentWorkflow(
  workflow: StoredWorkflow,
  credentialKeys: ReadonlyMap<string, string>,
): DocumentWorkflow {
  const jobs = workflow.jobs.map((job) => documentJob(job, credentialKeys));
  const jobKeys = new Map(workflow.jobs.map(({ id }, index) => [id, jobs[index]?.key ?? '']));
  const keys = triggerKeys(workflow.triggers.map(({ type }) => type));
  const ofTriggers = new Map(workflow.triggers.map(({ id }, index) => [id, keys[index] ?? '']));
  return {
    key: documentKey(workflow.name),
    name: workflow.name,
    jobs,
    triggers: workflow.triggers.map((trigger) => documentTrigger(trigger, ofTriggers, jobKeys)),
    edges: documentEdges(workflow.edges, ofTriggers, jobKeys),
  };
}

function documentJob(
  { name, adaptor, body, projectCredentialId }: JobState,
  credentialKeys: ReadonlyMap<string, string>,
): DocumentJob {
  const credential = projectCredentialId === null ? null : (credentialKeys.get(projectCredentialId) ?? null);
  return { key: documentKey(name), name, adaptor, body, credential };
}

type Keys = ReadonlyMap<string, string>;

function documentTrigger(trigger: StoredTrigger, keys: Keys, jobKeys: Keys): DocumentTrigger {
  const cursor = trigger.cronCursorJobId;
  return {
    key: keys.get(trigger.id) ?? trigger.type,
    type: trigger.type,
    webhookReply: trigger.webhookReply,
    webhookResponseConfig: trigger.webhookResponseConfig,
    cronExpression: trigger.cronExpression,
    cronCursorJob: cursor === null ? null : (jobKeys.get(cursor) ?? null),
    enabled: trigger.enabled,
    kafkaConfiguration: shownKafka(trigger.kafkaConfiguration),
  };
}

function documentEdges(edges: readonly StoredEdge[], triggers: Keys, jobs: Keys): DocumentEdge[] {
  const ends = edges.map((edge) => ({
    source: triggers.get(edge.sourceTriggerId ?? '') ?? jobs.get(edge.sourceJobId ?? '') ?? '',
    target: jobs.get(edge.targetJobId) ?? '',
  }));
  const keys = edgeKeys(ends);
  return edges.map((edge, index) => ({
    key: keys[index] ?? '',
    sourceTrigger: edge.sourceTriggerId === null ? null : (triggers.get(edge.sourceTriggerId) ?? null),
    sourceJob: edge.sourceJobId === null ? null : (jobs.get(edge.sourceJobId) ?? null),
    targetJob: ends[index]?.target ?? '',
    conditionType: edge.conditionType,
    conditionLabel: edge.conditionLabel,
    conditionExpression: edge.conditionExpression,
    enabled: edge.enabled,
  }));
}
