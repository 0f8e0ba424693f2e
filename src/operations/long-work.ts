import type { Queries } from '../database/queries.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';

/**
 * One short transaction of long work: does the next batch and answers how many rows it finished; 0 when nothing is
 * left for it to do. What is done must show at once, by a look into an index: after a crash all steps are asked again.
 */
export type Step = (unit: UnitOfWork) => Promise<number>;

/** Work that would take too long for one transaction, or for one call. */
export interface LongWork {
  /** In their order; each is repeated until it answers 0. */
  readonly steps: readonly Step[];
  /** About how many rows there are to do. */
  count(read: Queries): Promise<number>;
}

/** Thrown by a step when the work has become pointless, e.g. the deletion was cancelled: what was done stays done. */
export class NoLongerWanted extends Error {
  override readonly name = 'NoLongerWanted';
}
