import type { DocumentWorkflow } from '../../../src/exchange/document.ts';
import type { WorkflowState } from '../../../src/heads/workflow-hash.ts';

/** A document's workflow as it would stand in the database, with its keys for ids and without canvas positions. */
export function documentState(workflow: DocumentWorkflow): WorkflowState {
  const jobId = (key: string) => `job ${key}`;
  const triggerId = (key: string) => `trigger ${key}`;
  return {
    name: workflow.name,
    positions: null,
    triggers: workflow.triggers.map((trigger) => ({
      id: triggerId(trigger.key),
      type: trigger.type,
      enabled: trigger.enabled,
      cronExpression: trigger.cronExpression,
      cronCursorJobId: trigger.cronCursorJob === null ? null : jobId(trigger.cronCursorJob),
      webhookReply: trigger.webhookReply,
      webhookResponseConfig: trigger.webhookResponseConfig,
    })),
    jobs: workflow.jobs.map((job) => ({
      id: jobId(job.key),
      name: job.name,
      adaptor: job.adaptor,
      body: job.body,
      projectCredentialId: job.credential,
      keychainCredentialId: null,
    })),
    edges: workflow.edges.map((edge) => ({
      id: edge.key,
      sourceTriggerId: edge.sourceTrigger === null ? null : triggerId(edge.sourceTrigger),
      sourceJobId: edge.sourceJob === null ? null : jobId(edge.sourceJob),
      targetJobId: jobId(edge.targetJob),
      conditionType: edge.conditionType,
      conditionExpression: edge.conditionExpression,
      conditionLabel: edge.conditionLabel,
      enabled: edge.enabled,
    })),
  };
}
