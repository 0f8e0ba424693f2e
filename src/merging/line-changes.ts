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

/** The same of a line that is cut out of its text, compared and told. */
const LINE = 16;

const LINE_END = 10;

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
  let [beforeEnd, afterEnd] = [before.length, after.length];
  while (beforeEnd > start && afterEnd > start && before[beforeEnd - 1] === after[afterEnd - 1]) {
    beforeEnd -= 1;
    afterEnd -= 1;
  }

  const kept = commonLines(before.slice(start, beforeEnd), after.slice(start, afterEnd), effort);
  const end: Run = [beforeEnd - start, afterEnd - start, 0];
  const changes: LineChange[] = [];
  let [i, j] = [start, start];
  for (const [keptBefore, keptAfter, length] of [...kept, end]) {
    const [nextI, nextJ] = [start + keptBefore, start + keptAfter];
    if (nextI > i || nextJ > j) {
      const [beforeLines, afterLines] = [before.slice(i, nextI), after.slice(j, nextJ)];
      changes.push({ beforeStart: i, beforeLines, afterStart: j, afterLines });
    }
    [i, j] = [nextI + length, nextJ + length];
  }
  return changes;
}

/**
 * {@link lineChanges} of two texts, of which what they begin and end with alike is not cut into lines. Cutting takes
 * effort, too.
 */
export function textChanges(before: string, after: string, effort: Effort): LineChange[] {
  const [one, other] = [ended(before), ended(after)];
  const { start, startLines, beforeEnd, afterEnd } = differingPart(one, other);
  const [oneLines, otherLines] = [
    linesOf(one.slice(start, beforeEnd)),
    linesOf(other.slice(start, afterEnd)),
  ];
  effort.left -= LINE * (oneLines.length + otherLines.length);
  return lineChanges(oneLines, otherLines, effort).map((change) => ({
    ...change,
    beforeStart: change.beforeStart + startLines,
    afterStart: change.afterStart + startLines,
  }));
}

function ended(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

/** Where two texts of ended lines differ, in whole lines: the same lines come before and after. */
function differingPart(before: string, after: string) {
  const end = Math.min(before.length, after.length);
  let [start, startLines] = [0, 0];
  for (let at = 0; at < end && before.charCodeAt(at) === after.charCodeAt(at); at += 1) {
    if (before.charCodeAt(at) !== LINE_END) continue;
    start = at + 1;
    startLines += 1;
  }
  let tail = 0;
  for (let at = 1; at <= end - start; at += 1) {
    const code = before.charCodeAt(before.length - at);
    if (code !== after.charCodeAt(after.length - at)) break;
    if (code === LINE_END) tail = at - 1;
  }
  return { start, startLines, beforeEnd: before.length - tail, afterEnd: after.length - tail };
}

/** Lines of a text; a final line end is no line of its own. */
export function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** Lines that stand in both texts, one after the other. */
type Run = readonly [before: number, after: number, length: number];

/** A longest common subsequence, by its indexes in both, in order; none when there are too many edits. */
function commonLines(before: readonly string[], after: readonly string[], effort: Effort): Run[] {
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

function backtrack(beforeLength: number, afterLength: number, history: readonly Int32Array[]): Run[] {
  const runs: Run[] = [];
  let [i, j] = [beforeLength, afterLength];
  const walkTo = (previousI: number, previousJ: number) => {
    const length = Math.min(i - previousI, j - previousJ);
    [i, j] = [i - length, j - length];
    if (length > 0) runs.push([i, j, length]);
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
  return runs.reverse();
}
