import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { Counts } from '../exchange/import-counts.ts';
import { deleteWorkflows, vacateNames } from '../workflows/claim-workflows.ts';
import { storedWorkflows } from '../workflows/stored-workflows.ts';
import type { WorkflowPlan } from '../workflows/workflow-plan.ts';
import { type ProjectCredentials, planStateWorkflow } from './plan-state-workflow.ts';
import type { PostedState, PostedWorkflow } from './posted-state.ts';
import { refuseInvalid } from './state-errors.ts';
import { refuseTakenIds, TAKEN } from './taken-ids.ts';

/** What becomes of a project's workflows. */
export interface WorkflowsPlan {
  readonly plans: readonly WorkflowPlan[];
  /** Ids of workflows that get other names. */
  readonly renamed: readonly string[];
  /** Ids of workflows that are deleted, softly. */
  readonly deleted: readonly string[];
}

interface Present {
  readonly id: string;
  readonly project_id: string;
  readonly name: string;
  readonly deleted_at: string | null;
  readonly lock_version: number;
}

/**
 * Plans every workflow that a state names, by id; the others stay. A workflow whose lock_version is not the one that
 * the state was made of is refused, and so is a second one of a name. Throws once enough is wrong with the document.
 */
export async function planWorkflows(
  unit: UnitOfWork,
  projectId: string | undefined,
  { workflows, errors }: PostedState,
  credentials: ProjectCredentials,
): Promise<WorkflowsPlan> {
  const ids = workflows.map(({ id }) => id);
  const { rows } = await sql<Present>`
    select id, project_id, name, deleted_at, lock_version from workflows
    where id = any(${ids}::uuid[]) or (project_id = ${projectId ?? null}::uuid and deleted_at is null)`.execute(
    unit.db,
  );
  const present = new Map(rows.map((row) => [row.id, row]));
  const stored = await storedWorkflows(
    unit.db,
    ids.filter((id) => present.get(id)?.project_id === projectId),
  );

  const plans: WorkflowPlan[] = [];
  const deleted: string[] = [];
  for (const posted of workflows) {
    // Nothing of it will be written.
    if (errors.areEnough) refuseInvalid(errors);
    const row = present.get(posted.id);
    if (!isOfUse(posted, row, projectId)) continue;
    const plan = planStateWorkflow(posted, stored.get(posted.id), credentials);
    if (!posted.isDeleted) plans.push(plan);
    else if (row !== undefined) deleted.push(posted.id);
  }
  refuseRepeatedNames(workflows, plans, rows, new Set(deleted));
  await refuseTakenIds(unit, workflows, plans);
  const renamed = plans.filter(({ id, name, fate }) => fate === 'updated' && present.get(id)?.name !== name);
  return { plans, deleted, renamed: renamed.map(({ id }) => id) };
}

/** Tells what is wrong with naming this workflow; false when there is nothing to plan for it. */
function isOfUse(posted: PostedWorkflow, row: Present | undefined, projectId: string | undefined): boolean {
  const { errors, isDeleted, lockVersion } = posted;
  if (row === undefined) return !isDeleted;
  if (row.project_id !== projectId) errors.add('id', TAKEN);
  else if (row.deleted_at !== null) {
    if (!isDeleted) errors.add('id', 'is of a workflow that was deleted');
  } else {
    if (lockVersion !== undefined && lockVersion !== row.lock_version) {
      const message = `is stale: the workflow was changed and is at ${row.lock_version} now; fetch it again`;
      errors.add('lock_version', message);
    }
    return true;
  }
  return false;
}

function refuseRepeatedNames(
  posted: readonly PostedWorkflow[],
  plans: readonly WorkflowPlan[],
  rows: readonly Present[],
  deleted: ReadonlySet<string>,
): void {
  const names = new Map<string, string>();
  for (const { id, name, deleted_at } of rows)
    if (deleted_at === null && !deleted.has(id)) names.set(id, name);
  for (const { id, name } of plans) names.set(id, name);
  const byName = Map.groupBy(names, ([, name]) => name);
  const planned = new Map(plans.map((plan) => [plan.id, plan]));
  for (const { id, errors } of posted) {
    const plan = planned.get(id);
    if (plan === undefined || plan.fate === 'unchanged' || plan.name === '') continue;
    if ((byName.get(plan.name)?.length ?? 0) > 1)
      errors.add('name', 'a workflow with this name already exists in this project');
  }
}

/** Makes room for the plans' names and counts them; the plans themselves are still to be applied. */
export async function claimNames(
  unit: UnitOfWork,
  { plans, deleted, renamed }: WorkflowsPlan,
  counts: Counts,
): Promise<void> {
  await deleteWorkflows(unit, deleted);
  await vacateNames(unit, renamed);
  counts.deleted.workflows += deleted.length;
  for (const plan of plans) counts.add(plan);
}
