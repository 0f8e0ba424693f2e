import type { UnitOfWork } from '../database/unit-of-work.ts';
import { recordStates } from '../heads/record-states.ts';
import { applyPlans } from './apply-plans.ts';
import type { WorkflowPlan } from './workflow-plan.ts';

/** Writes what plans change, with a version and a snapshot of each workflow that they touch. */
export async function applyWorkflows(
  unit: UnitOfWork,
  projectId: string,
  plans: readonly WorkflowPlan[],
): Promise<void> {
  const touched = plans.filter(({ fate }) => fate !== 'unchanged');
  if (touched.length === 0) return;
  await applyPlans(unit, projectId, touched);
  await recordStates(unit, 'cli', new Map(touched.map(({ id, state }) => [id, state])));
}
