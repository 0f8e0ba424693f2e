import type { UnitOfWork } from '../database/unit-of-work.ts';
import { recordSnapshots } from '../heads/record-snapshots.ts';
import { recordVersions } from '../heads/record-versions.ts';
import { workflowHash } from '../heads/workflow-hash.ts';
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
  await recordVersions(
    unit,
    'cli',
    touched.map(({ id, state }) => ({ workflowId: id, hash: workflowHash(state) })),
  );
  await recordSnapshots(
    unit,
    touched.map(({ id }) => id),
  );
}
