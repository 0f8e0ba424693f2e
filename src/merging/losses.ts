import type { Mark } from './lineage.ts';

/** The step of a workflow to a lock_version that nobody made: it lost what does not belong into it any more. */
export interface Loss {
  readonly workflowId: string;
  readonly lockVersion: number;
  readonly hash: string | null;
  readonly previousHash: string | null;
}

/** Where a workflow would stand that stood at a mark and has only lost something since: at the mark where it has not. */
export type AfterLosses = (workflowId: string, mark: Mark) => Mark;

export function afterLosses(losses: readonly Loss[]): AfterLosses {
  const key = (workflowId: string, lockVersion: number, hash: string | null) =>
    `${workflowId} ${lockVersion} ${hash}`;
  const next = new Map(
    losses.map((loss) => [key(loss.workflowId, loss.lockVersion - 1, loss.previousHash), loss]),
  );
  return (workflowId, mark) => {
    let place: Mark = mark;
    while (place.lockVersion !== null) {
      const loss = next.get(key(workflowId, place.lockVersion, place.hash));
      if (loss === undefined) break;
      place = { hash: loss.hash, lockVersion: loss.lockVersion };
    }
    return place;
  };
}
