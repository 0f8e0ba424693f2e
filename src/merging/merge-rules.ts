import { hasMoved } from './bases.ts';
import type { Mark } from './lineage.ts';
import type { WorkflowHead, WorkflowPair } from './workflow-pairs.ts';

/** How the source differs from the target. */
export type DifferenceKind = 'same' | 'created' | 'updated' | 'deleted';

/** What a merge does with the target's workflow. */
export type MergeAction = 'keep' | 'create' | 'update' | 'delete';

/** What becomes of the target's workflow that both sides have changed: it stays, or it becomes the source's. */
export type ConflictWinner = 'ours' | 'theirs';

/** How a pair of workflows stands. */
export interface Standing {
  readonly kind: DifferenceKind;
  readonly changedInSource: boolean;
  readonly changedInTarget: boolean;
  /** Both have changed, and differ. */
  readonly conflict: boolean;
}

/** Whether both are there and neither has been touched since they were the same: then nobody needs to read them. */
export function isUntouched({ source, target, base }: WorkflowPair): boolean {
  if (source === undefined || target === undefined || base === undefined) return false;
  return !hasMoved(source, base.source) && !hasMoved(target, base.target);
}

/**
 * How a pair stands, in three ways: either side may have moved away from where both were the same. Of two that never
 * were the same nobody knows who changed what, so that both are taken to have changed as soon as they differ.
 *
 * @param differ whether a merge would change the target's content; asked only where both are there
 */
export function standingOf({ source, target, gone, base }: WorkflowPair, differ: boolean): Standing {
  const kind =
    target === undefined ? 'created' : source === undefined ? 'deleted' : differ ? 'updated' : 'same';
  const changed = (head: WorkflowHead | undefined, mark: Mark | undefined): boolean => {
    if (mark === undefined) return head !== undefined && kind !== 'same';
    if (head !== undefined) return hasMoved(head, mark);
    // A deletion counts until a merge has settled it, which marks what was deleted as it is.
    return gone === undefined || mark.lockVersion === null || hasMoved(gone, mark);
  };
  const changedInSource = changed(source, base?.source);
  const changedInTarget = changed(target, base?.target);
  return {
    kind,
    changedInSource,
    changedInTarget,
    conflict: changedInSource && changedInTarget && kind !== 'same',
  };
}

/** What a merge does with the target's workflow: what the source changed is taken, everything else stays. */
export function actionOf(standing: Standing, winner: ConflictWinner): MergeAction {
  const { kind, changedInSource, conflict } = standing;
  if (kind === 'same' || !changedInSource || (conflict && winner === 'ours')) return 'keep';
  return ({ created: 'create', updated: 'update', deleted: 'delete' } as const)[kind];
}
