import { randomUUID } from 'node:crypto';
import type { EdgeState, JobState, TriggerState, WorkflowState } from '../../../src/heads/workflow-hash.ts';

export function workflowState(parts: Partial<WorkflowState> = {}): WorkflowState {
  return { name: 'flow', positions: null, triggers: [], jobs: [], edges: [], ...parts };
}

export function triggerState(parts: Partial<TriggerState> = {}): TriggerState {
  return {
    id: randomUUID(),
    type: 'webhook',
    enabled: true,
    cronExpression: null,
    cronCursorJobId: null,
    webhookReply: null,
    webhookResponseConfig: null,
    ...parts,
  };
}

export function jobState(parts: Partial<JobState> = {}): JobState {
  return {
    id: randomUUID(),
    name: 'job',
    adaptor: 'http',
    body: 'fn()',
    projectCredentialId: null,
    keychainCredentialId: null,
    ...parts,
  };
}

export function edgeState(parts: Partial<EdgeState> & { readonly targetJobId: string }): EdgeState {
  return {
    id: randomUUID(),
    sourceTriggerId: null,
    sourceJobId: null,
    conditionType: 'always',
    conditionExpression: null,
    conditionLabel: null,
    enabled: true,
    ...parts,
  };
}
