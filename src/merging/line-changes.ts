/** Lines that stand in one text in the place of others in another text. */
export interface LineChange {
  /** Index of the first line before, from 0; without lines, of the line that follows. */
  readonly beforeStart: number;
  readonly beforeLines: readonly string[];
  /** The same after. */
  readonly afterStart: number;
  readonly afterLines: readonly string[];
}

/** Lines removed and added up to which the fewest are looked for: time and memory grow with the square of it. */
const MAX_EDITS = 1000;

/** Comparisons that may still be made, of this pair of texts and of further ones; a million takes some 5 ms. */
export interface Effort {
  left: number;
}

/** What a step to another diagonal costs, in comparisons of two lines that are equal. */
const STEP = 8;

/**
 * What differs between two texts, line by line, from top to bottom; empty for equal texts. As few lines as can be, by
 * Myers' algorithm ("An O(ND) Difference Algorithm and Its Variations", 1986); where more than {@link MAX_EDITS}
 * lines differ, or finding them takes more effort than is left, everything from the first to the last of them is one
 * change.
 */
export function lineChanges(
  before: readonly string[],
  after: readonly string[],
  effort: Effort = { left: Number.POSITIVE_INFINITY },
): LineChange[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let tail = 0;
  const rest = Math.min(before.length, after.length) - start;
  while (tail < rest && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;

  const [beforeEnd, afterEnd] = [before.length - tail, after.length - tail];
  const kept = commonLines(before.slice(start, beforeEnd), after.slice(start, afterEnd), effort);
  const changes: LineChange[] = [];
  let [i, j] = [start, start];
  for (const [keptBefore, keptAfter] of [...kept, [beforeEnd - start, afterEnd - start] as const]) {
    const [nextI, nextJ] = [start + keptBefore, start + keptAfter];
    if (nextI > i || nextJ > j) {
      const [beforeLines, afterLines] = [before.slice(i, nextI), after.slice(j, nextJ)];
      changes.push({ beforeStart: i, beforeLines, afterStart: j, afterLines });
    }
    [i, j] = [nextI + 1, nextJ + 1];
  }
  return changes;
}

/** Lines of a text; a final line end is no line of its own. */
export function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

type Pair = readonly [before: number, after: number];

/** Indexes of a longest common subsequence in both, in order; none when there are too many edits. */
function commonLines(before: readonly string[], after: readonly string[], effort: Effort): Pair[] {
  const limit = Math.min(before.length + after.length, MAX_EDITS);
  // By diagonal (before - after), shifted by `limit + 1`: how far before a path of so many edits reaches.
  const reach = new Int32Array(2 * limit + 3);
  const at = (diagonal: number) => diagonal + limit + 1;
  /** What was reached before each number of edits, from diagonal -edits - 1 on. */
  const history: Int32Array[] = [];
  for (let edits = 0; edits <= limit && effort.left > 0; edits += 1) {
    effort.left -= STEP * (edits + 1);
    history.push(reach.slice(at(-edits - 1), at(edits + 1) + 1));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const above = reach[at(diagonal + 1)] ?? 0;
      const left = reach[at(diagonal - 1)] ?? 0;
      const from = comesFromAbove(diagonal, edits, left, above) ? above : left + 1;
      let i = from;
      while (i < before.length && i - diagonal < after.length && before[i] === after[i - diagonal]) i += 1;
      reach[at(diagonal)] = i;
      effort.left -= i - from;
      if (i >= before.length && i - diagonal >= after.length)
        return backtrack(before.length, after.length, history);
    }
  }
  return [];
}

/** Whether the path goes on with a line added, and not with one removed. */
function comesFromAbove(diagonal: number, edits: number, left: number, above: number): boolean {
  return diagonal === -edits || (diagonal !== edits && left < above);
}

function backtrack(beforeLength: number, afterLength: number, history: readonly Int32Array[]): Pair[] {
  const pairs: Pair[] = [];
  let [i, j] = [beforeLength, afterLength];
  const walkTo = (previousI: number, previousJ: number) => {
    while (i > previousI && j > previousJ) {
      i -= 1;
      j -= 1;
      pairs.push([i, j]);
    }
  };
  for (let edits = history.length - 1; edits > 0; edits -= 1) {
    const reached = history[edits];
    const diagonal = i - j;
    const left = reached?.[diagonal + edits] ?? 0;
    const above = reached?.[diagonal + edits + 2] ?? 0;
    const fromAbove = comesFromAbove(diagonal, edits, left, above);
    const [previousI, previousJ] = fromAbove ? [above, above - diagonal - 1] : [left, left - diagonal + 1];
    walkTo(fromAbove ? previousI : previousI + 1, fromAbove ? previousJ + 1 : previousJ);
    [i, j] = [previousI, previousJ];
  }
  walkTo(0, 0);
  return pairs.reverse();
}
