import type { UnitOfWork } from '../database/unit-of-work.ts';
import { recordSnapshots } from './record-snapshots.ts';
import { recordVersions } from './record-versions.ts';
import type { VersionSourceName } from './version-rules.ts';
import { type WorkflowState, workflowHash } from './workflow-hash.ts';

/**
 * Records a version and a snapshot of workflows as they are now, by their ids. Their lock_version must have been raised
 * since the last ones; the heads of their projects are to be refreshed afterwards.
 */
export async function recordStates(
  unit: UnitOfWork,
  source: VersionSourceName,
  states: ReadonlyMap<string, WorkflowState>,
): Promise<void> {
  const versions = [...states].map(([workflowId, state]) => ({ workflowId, hash: workflowHash(state) }));
  await recordVersions(unit, source, versions);
  await recordSnapshots(unit, [...states.keys()]);
}
