import { sql } from 'kysely';
import { invalidArgument } from '../call/failure.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { v7 as uuid } from '../database/uuid.ts';
import { MergeStrategy } from '../gen/lightning/projects/v1/comparison_pb.ts';
import type { ProjectsService } from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { headOf } from '../heads/head-query.ts';
import { scheduleDeletion } from '../lifecycle/schedule-deletion.ts';
import { lockedProject } from '../projects/locked-project.ts';
import { readProject } from '../projects/project-query.ts';
import type { Rpc } from '../rpc/implement.ts';
import { applyMerge } from './apply-merge.ts';
import {
  refuseConflicts,
  refuseLackingCredentials,
  refuseTakenNames,
  requireTargetHead,
} from './merge-refusals.ts';
import { headsOfOneWorkspace } from './one-workspace.ts';
import { planMerge, planMessage } from './planned-merge.ts';

/**
 * Brings a sandbox's changes into another project of its workspace, in one transaction. Both are locked: what was
 * planned is what happens.
 *
 * @param afterDays PURGE_DELETED_AFTER_DAYS
 * @throws Failure NOT_IN_WORKSPACE, HEAD_MISMATCH, MERGE_CONFLICT, CREDENTIAL_MISSING, WORKFLOW_NAME_TAKEN
 */
export function mergeSandbox(afterDays: number | undefined): Rpc<typeof ProjectsService.method.mergeSandbox> {
  return async (request, call) => {
    const [sandboxId, targetId] = [request.sandboxId.toLowerCase(), request.targetId.toLowerCase()];
    return await call.change(
      async (unit) => {
        await takeTurn(unit, sandboxId);
        await lockBoth(unit, sandboxId, targetId);
        const heads = await headsOfOneWorkspace(unit.db, sandboxId, targetId);
        requireTargetHead(request.expectedTargetHead, heads.target);

        const { OURS, THEIRS } = MergeStrategy;
        const conflicts = {
          winner: request.strategy === OURS ? 'ours' : 'theirs',
          reopened: request.strategy === THEIRS,
        } as const;
        const merge = await planMerge(unit.db, sandboxId, targetId, conflicts, () => uuid(unit.now));
        if (request.strategy !== OURS && request.strategy !== THEIRS) refuseConflicts(merge.steps);
        if (!request.attachCredentials) refuseLackingCredentials(merge.lackingCredentials);
        refuseTakenNames(merge.steps);
        const attached = await applyMerge(unit, sandboxId, targetId, merge);
        const scheduled = request.scheduleDeletion && (await schedule(unit, sandboxId, targetId, afterDays));
        return {
          project: await readProject(unit.db, targetId),
          plan: planMessage(merge, attached),
          targetHead: await headOf(unit.db, targetId),
          ...(scheduled === undefined || scheduled === false ? {} : { sandboxScheduledDeletion: scheduled }),
        };
      },
      { validateOnly: request.validateOnly },
    );
  };
}

/**
 * Merges of one workspace come one after the other: what is a copy of what is told from the lineage of all its projects,
 * and two merges between four of them could make each of four workflows a copy of the next, round in a circle.
 */
async function takeTurn({ db }: UnitOfWork, sandboxId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('merge ' || project_root(${sandboxId}::uuid), 0))`.execute(
    db,
  );
}

/** In the order of ids, whichever of the two is the sandbox. */
async function lockBoth(unit: UnitOfWork, sandboxId: string, targetId: string): Promise<void> {
  for (const id of [sandboxId, targetId].sort()) {
    const project = await lockedProject(unit, id);
    if (id !== sandboxId || project.parent != null) continue;
    throw invalidArgument([
      { field: 'sandbox_id', description: 'is a root and no sandbox', rule: 'NOT_A_SANDBOX' },
    ]);
  }
}

/** Answers the date. What stands below a project goes with it, and so would a target there. */
async function schedule(
  unit: UnitOfWork,
  sandboxId: string,
  targetId: string,
  afterDays: number | undefined,
) {
  await scheduleDeletion(unit, sandboxId, '', afterDays);
  const { scheduledDeletion: ofTarget } = await readProject(unit.db, targetId);
  if (ofTarget !== undefined) {
    const description = 'the target stands below the sandbox and would be deleted with it';
    throw invalidArgument([{ field: 'schedule_deletion', description, rule: 'TARGET_BELOW' }]);
  }
  return (await readProject(unit.db, sandboxId)).scheduledDeletion;
}
