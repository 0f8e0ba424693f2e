import type { StoredEdge } from '../workflows/stored-workflows.ts';
import type { PostedEdge } from './posted-state.ts';
import { said } from './said.ts';

/** Ids of a workflow's jobs and triggers as they will be, and of those that are removed. */
export interface Nodes {
  readonly jobs: ReadonlySet<string>;
  readonly triggers: ReadonlySet<string>;
  readonly removed: ReadonlySet<string>;
}

/** An edge as a posted state has it: from one trigger or job to one job, all of the workflow. */
export function wantedEdge(posted: PostedEdge, row: StoredEdge | undefined, nodes: Nodes): StoredEdge {
  const { errors } = posted;
  const edge: StoredEdge = {
    id: posted.id,
    sourceTriggerId: said(posted.sourceTriggerId, row?.sourceTriggerId),
    sourceJobId: said(posted.sourceJobId, row?.sourceJobId),
    targetJobId: posted.targetJobId ?? row?.targetJobId ?? '',
    conditionType: posted.conditionType ?? row?.conditionType ?? 'always',
    conditionExpression: said(posted.conditionExpression, row?.conditionExpression),
    conditionLabel: said(posted.conditionLabel, row?.conditionLabel),
    enabled: posted.enabled ?? row?.enabled ?? true,
  };
  const { sourceTriggerId: trigger, sourceJobId: job, targetJobId: target } = edge;
  const isOf = (of: ReadonlySet<string>, id: string) => of.has(id) || nodes.removed.has(id);
  if (trigger !== null && job !== null)
    errors.add('source_job_id', 'source_job_id and source_trigger_id are mutually exclusive');
  if (trigger === null && job === null)
    errors.add('source_job_id', 'source_job_id or source_trigger_id must be present');
  if (trigger !== null && !isOf(nodes.triggers, trigger))
    errors.add('source_trigger_id', 'is no trigger of the workflow');
  if (job !== null && !isOf(nodes.jobs, job)) errors.add('source_job_id', 'is no job of the workflow');
  if (!isOf(nodes.jobs, target))
    errors.add('target_job_id', target === '' ? "can't be blank" : 'is no job of the workflow');
  // What is stored already is not refused when it is told again.
  const isNew =
    edge.conditionType !== row?.conditionType || edge.conditionExpression !== row.conditionExpression;
  if (isNew && edge.conditionType === 'js_expression' && !edge.conditionExpression?.trim())
    errors.add('condition_expression', "can't be blank");
  return edge;
}
