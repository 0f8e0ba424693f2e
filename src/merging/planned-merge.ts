import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Queries } from '../database/queries.ts';
import type {
  MergePlanSchema,
  WorkflowDifferenceSchema,
} from '../gen/lightning/projects/v1/comparison_pb.ts';
import type { WorkflowPlan } from '../workflows/workflow-plan.ts';
import { differingCollections } from './collections.ts';
import { comparedPairs } from './compared-pairs.ts';
import { actionMessage, differenceMessage } from './comparison-message.ts';
import { CredentialMap, type LackingCredential, usableCredentials } from './credential-map.ts';
import { actionOf, type ConflictWinner, type MergeAction, type Standing } from './merge-rules.ts';
import type { MergedWorkflow } from './merged-workflow.ts';
import { allPairs } from './read-pairs.ts';
import type { WorkflowPair } from './workflow-pairs.ts';

/** What a merge does with one workflow. */
export interface MergeStep extends WorkflowPair {
  readonly action: MergeAction;
  readonly standing: Standing;
  readonly difference: MessageInitShape<typeof WorkflowDifferenceSchema>;
  /** What is written; of CREATE and UPDATE alone. */
  readonly merged: MergedWorkflow | undefined;
}

/** All that a merge does. */
export interface PlannedMerge {
  readonly steps: readonly MergeStep[];
  readonly addedCollections: readonly string[];
  /** What jobs that are written use and the target lacks. */
  readonly lackingCredentials: readonly LackingCredential[];
}

/**
 * Decides what a merge does, and changes nothing. Memory holds the workflows that are to be written.
 *
 * @param winner of workflows that both sides have changed
 * @param reopened whether that goes for those, too, that an earlier merge left to the target
 */
export async function planMerge(
  db: Queries,
  sandboxId: string,
  targetId: string,
  { winner, reopened }: { readonly winner: ConflictWinner; readonly reopened: boolean },
  newId: () => string,
): Promise<PlannedMerge> {
  const usable = await usableCredentials(db, sandboxId, targetId);
  const credentials = new CredentialMap(usable(sandboxId), usable(targetId), newId);
  const options = { credentialOf: credentials.of.bind(credentials), newId };
  const steps: MergeStep[] = [];
  const pairs = await allPairs(db, sandboxId, targetId, reopened);
  for await (const { change, ...pair } of comparedPairs(db, pairs, options, true)) {
    const { standing, message } = differenceMessage({ ...pair, change });
    const action = actionOf(standing, winner);
    const merged = action === 'create' || action === 'update' ? change?.merged : undefined;
    steps.push({ ...pair, action, standing, difference: message, merged });
  }
  const { createdCollections } = await differingCollections(db, sandboxId, targetId);
  const writtenJobs = plansOf(steps).flatMap(({ jobs }) => [...jobs.created, ...jobs.updated]);
  return {
    steps,
    addedCollections: createdCollections,
    lackingCredentials: credentials.lackingFor(writtenJobs),
  };
}

/** What is written of workflows. */
export function plansOf(steps: readonly MergeStep[]): WorkflowPlan[] {
  return steps.flatMap(({ merged }) => merged?.plan ?? []);
}

/** Ids of the target's workflows that are deleted. */
export function deletedIds(steps: readonly MergeStep[]): string[] {
  return steps.flatMap(({ action, target }) => (action === 'delete' ? (target?.id ?? []) : []));
}

export function planMessage(
  { steps, addedCollections, lackingCredentials }: PlannedMerge,
  attachedIds: readonly string[],
): MessageInitShape<typeof MergePlanSchema> {
  return {
    steps: steps.map(({ difference, action }) => ({ difference, action: actionMessage(action) })),
    addedCollections: [...addedCollections],
    attachedCredentialIds: [...attachedIds],
    copiedKeychains: lackingCredentials.filter(({ kind }) => kind === 'keychain').map(({ name }) => name),
  };
}
