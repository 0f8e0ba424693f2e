/** What was found among the next rows after a key. */
export interface Look<Key> {
  /** The last row that was looked at; undefined when there is none after it. */
  readonly last: Key | undefined;
  readonly deleted: number;
}

/**
 * Goes through rows some of which must stay, without looking at those again in every batch. Each call answers how many
 * rows the next batch deleted, 0 once a whole pass has found nothing: a batch that was rolled back leaves rows behind,
 * which the pass after it finds.
 */
export function inPasses<Key>(): (
  lookAfter: (key: Key | undefined) => Promise<Look<Key>>,
) => Promise<number> {
  let key: Key | undefined;
  let isClean = true;
  return async (lookAfter) => {
    for (;;) {
      const { last, deleted } = await lookAfter(key);
      key = last;
      if (deleted > 0) {
        isClean = false;
        return deleted;
      }
      if (last !== undefined) continue;
      if (isClean) return 0;
      isClean = true;
    }
  };
}
