import type { JobState } from '../heads/workflow-hash.ts';
import { changesRows, type RowPlan, remainingRows } from '../workflows/row-plan.ts';
import type { StoredEdge, StoredTrigger, StoredWorkflow } from '../workflows/stored-workflows.ts';
import type { WorkflowPlan } from '../workflows/workflow-plan.ts';
import { CHANGED, planById } from './plan-by-id.ts';
import { type Nodes, wantedEdge } from './plan-edge.ts';
import { wantedTrigger } from './plan-trigger.ts';
import type { PostedJob, PostedWorkflow } from './posted-state.ts';
import { said } from './said.ts';
import { BLANK } from './state-fields.ts';

/** What jobs may use: the project's own. */
export interface ProjectCredentials {
  /** Ids of project credentials by the id that the state gives them. */
  readonly credentials: ReadonlyMap<string, string>;
  /** Ids of keychain credentials. */
  readonly keychains: ReadonlySet<string>;
}

/**
 * What has to be written so that a workflow is as a posted state has it; rows are known by their ids. An edge to or from
 * a node that is removed goes with it. What is wrong is told to the records' errors.
 *
 * @param stored undefined for a new workflow
 */
export function planStateWorkflow(
  posted: PostedWorkflow,
  stored: StoredWorkflow | undefined,
  credentials: ProjectCredentials,
): WorkflowPlan {
  const name = posted.name ?? stored?.name ?? '';
  if (name === '' && !posted.isDeleted) posted.errors.add('name', BLANK);
  const jobs = planById(posted.jobs, stored?.jobs ?? [], (job, row) => wantedJob(job, row, credentials));
  refuseRepeatedNames(posted.jobs, stored?.jobs ?? [], jobs);
  const jobIds = new Set(remainingRows(jobs).map(({ id }) => id));
  const storedTriggers = withoutLostCursors(stored?.triggers ?? [], jobIds);
  const triggers = planById(posted.triggers, storedTriggers, (trigger, row) =>
    wantedTrigger(trigger, row, jobIds),
  );
  const nodes: Nodes = {
    jobs: jobIds,
    triggers: new Set(remainingRows(triggers).map(({ id }) => id)),
    removed: new Set(
      [...posted.jobs, ...posted.triggers].flatMap((node) => (node.isDeleted ? [node.id] : [])),
    ),
  };
  const edges = withoutEdgesOf(
    nodes.removed,
    stored?.edges ?? [],
    planById(posted.edges, stored?.edges ?? [], (edge, row) => wantedEdge(edge, row, nodes)),
  );

  const isTouched = stored?.name !== name || [jobs, triggers, edges].some(changesRows);
  if (posted.isDeleted && stored !== undefined && isTouched) posted.errors.add('delete', CHANGED);
  return {
    id: posted.id,
    name,
    fate: stored === undefined ? 'created' : isTouched ? 'updated' : 'unchanged',
    concurrency: stored?.concurrency ?? null,
    enableJobLogs: stored?.enableJobLogs ?? true,
    jobs,
    triggers,
    edges,
    state: {
      name,
      positions: stored?.positions ?? null,
      jobs: remainingRows(jobs),
      triggers: remainingRows(triggers),
      edges: remainingRows(edges),
    },
  };
}

function wantedJob(
  posted: PostedJob,
  row: JobState | undefined,
  { credentials, keychains }: ProjectCredentials,
): JobState {
  const { errors } = posted;
  const asked = posted.projectCredentialId;
  const projectCredentialId = asked ? (credentials.get(asked) ?? null) : asked;
  if (asked && projectCredentialId === null)
    errors.add('project_credential_id', 'is no credential of this project');
  const keychain = posted.keychainCredentialId;
  if (keychain && !keychains.has(keychain))
    errors.add('keychain_credential_id', 'is no keychain credential of this project');
  const job = {
    id: posted.id,
    name: posted.name ?? row?.name ?? '',
    adaptor: posted.adaptor ?? row?.adaptor ?? '',
    body: posted.body ?? row?.body ?? '',
    projectCredentialId: said(projectCredentialId, row?.projectCredentialId),
    keychainCredentialId: said(keychain, row?.keychainCredentialId),
  };
  if (job.projectCredentialId !== null && job.keychainCredentialId !== null)
    errors.add('keychain_credential_id', 'cannot be set together with project_credential_id');
  if (job.name === '') errors.add('name', BLANK);
  if (job.adaptor.trim() === '' && job.adaptor !== row?.adaptor) errors.add('adaptor', BLANK);
  return job;
}

function refuseRepeatedNames(
  posted: readonly PostedJob[],
  stored: readonly JobState[],
  plan: RowPlan<JobState>,
): void {
  const before = new Map(stored.map(({ id, name }) => [id, name]));
  const byName = Map.groupBy(remainingRows(plan), ({ name }) => name);
  const named = new Map([...plan.created, ...plan.updated].map(({ id, name }) => [id, name]));
  for (const { id, errors } of posted) {
    const name = named.get(id);
    if (name === undefined || name === before.get(id)) continue;
    if ((byName.get(name)?.length ?? 0) > 1)
      errors.add('name', 'has already been taken by another job of the workflow');
  }
}

/** The database takes the cursor of a trigger away with its job. */
function withoutLostCursors(triggers: readonly StoredTrigger[], jobs: ReadonlySet<string>): StoredTrigger[] {
  return triggers.map((trigger) => {
    const cursor = trigger.cronCursorJobId;
    return cursor === null || jobs.has(cursor) ? trigger : { ...trigger, cronCursorJobId: null };
  });
}

/**
 * The database removes the edges of a node with it: so does the plan, and none of them is made anew, but for one that is
 * led elsewhere.
 */
function withoutEdgesOf(
  removed: ReadonlySet<string>,
  stored: readonly StoredEdge[],
  plan: RowPlan<StoredEdge>,
): RowPlan<StoredEdge> {
  if (removed.size === 0) return plan;
  const stays = ({ sourceTriggerId, sourceJobId, targetJobId }: StoredEdge) =>
    [sourceTriggerId, sourceJobId, targetJobId].every((end) => end === null || !removed.has(end));
  const stayed = new Set(stored.filter(stays).map(({ id }) => id));
  const [updated, created] = [[] as StoredEdge[], plan.created.filter(stays)];
  for (const edge of plan.updated.filter(stays)) (stayed.has(edge.id) ? updated : created).push(edge);
  const unchanged = plan.unchanged.filter(stays);
  const kept = plan.kept.filter(stays);
  const present = new Set([...updated, ...unchanged, ...kept].map(({ id }) => id));
  return { created, updated, unchanged, kept, deleted: stored.filter(({ id }) => !present.has(id)) };
}
