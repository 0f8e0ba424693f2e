import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  DifferenceKind,
  MergeAction,
  type WorkflowDifferenceSchema,
} from '../gen/lightning/projects/v1/comparison_pb.ts';
import type { BodyChanges } from './body-changes.ts';
import { type ComparedPair, differs } from './compared-pairs.ts';
import {
  type DifferenceKind as KindName,
  type MergeAction as MergeActionName,
  type Standing,
  standingOf,
} from './merge-rules.ts';
import { nodeDifferences } from './node-differences.ts';

const kinds: Readonly<Record<KindName, DifferenceKind>> = {
  same: DifferenceKind.SAME,
  created: DifferenceKind.CREATED,
  updated: DifferenceKind.UPDATED,
  deleted: DifferenceKind.DELETED,
};

const actions: Readonly<Record<MergeActionName, MergeAction>> = {
  keep: MergeAction.KEEP,
  create: MergeAction.CREATE,
  update: MergeAction.UPDATE,
  delete: MergeAction.DELETE,
};

export function actionMessage(action: MergeActionName): MergeAction {
  return actions[action];
}

/** How a pair differs, and how it stands. @param bodies undefined: the lines of bodies are left out */
export function differenceMessage(
  pair: ComparedPair,
  bodies?: BodyChanges,
): { readonly standing: Standing; readonly message: MessageInitShape<typeof WorkflowDifferenceSchema> } {
  const { source, target, base, change } = pair;
  const standing = standingOf(pair, differs(pair));
  const { kind, changedInSource, changedInTarget, conflict } = standing;
  const nodes =
    change?.target === undefined ? [] : nodeDifferences(change.merged, change.source, change.target, bodies);
  return {
    standing,
    message: {
      sourceName: source?.name ?? '',
      targetName: target?.name ?? '',
      sourceWorkflowId: source?.id ?? '',
      targetWorkflowId: target?.id ?? '',
      sourceHash: source?.hash ?? '',
      targetHash: target?.hash ?? '',
      baseHash: base?.target.hash ?? '',
      kind: kinds[kind],
      changedInSource,
      changedInTarget,
      conflict,
      nodes,
    },
  };
}
