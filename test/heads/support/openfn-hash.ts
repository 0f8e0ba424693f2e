import Project from '@openfn/project';
import type { EdgeState, JobState, TriggerState, WorkflowState } from '../../../src/heads/workflow-hash.ts';

/** The hash that OpenFn's own library gives a workflow which it reads as Lightning's provisioning state. */
export async function openfnHash(workflow: WorkflowState): Promise<string> {
  const state = { id: 'project', name: 'project', workflows: [provisioningState(workflow)] };
  // The library's type asks for every field of a project; a hash needs only the workflows.
  const project = await Project.from('state', state as never, {}, { format: 'json' });
  const hash = project.workflows[0]?.getVersionHash();
  if (hash === undefined) throw new Error('the library read no workflow');
  return hash.replace(/^cli:/, '');
}

/** A workflow in Lightning's own field names, without what is null. */
function provisioningState({ name, triggers, jobs, edges }: WorkflowState) {
  return {
    id: 'workflow',
    name,
    triggers: triggers.map(triggerFields),
    jobs: jobs.map(jobFields),
    edges: edges.map(edgeFields),
  };
}

function triggerFields(trigger: TriggerState) {
  return withoutNulls({
    id: trigger.id,
    type: trigger.type,
    enabled: trigger.enabled,
    cron_expression: trigger.cronExpression,
    cron_cursor_job_id: trigger.cronCursorJobId,
    webhook_reply: trigger.webhookReply,
    webhook_response_config: trigger.webhookResponseConfig,
  });
}

function jobFields(job: JobState) {
  return withoutNulls({
    id: job.id,
    name: job.name,
    adaptor: job.adaptor,
    body: job.body,
    project_credential_id: job.projectCredentialId,
    keychain_credential_id: job.keychainCredentialId,
  });
}

function edgeFields(edge: EdgeState) {
  return withoutNulls({
    id: edge.id,
    source_trigger_id: edge.sourceTriggerId,
    source_job_id: edge.sourceJobId,
    target_job_id: edge.targetJobId,
    condition_type: edge.conditionType,
    condition_expression: edge.conditionExpression,
    condition_label: edge.conditionLabel,
    enabled: edge.enabled,
  });
}

function withoutNulls(fields: Record<string, unknown>) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
