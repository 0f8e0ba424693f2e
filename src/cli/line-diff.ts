/** One line of one text or of both. */
interface Line {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

/** Unchanged lines that are shown around a change. */
const CONTEXT = 3;

/**
 * What differs between two texts, line by line, in the unified format (`diff -u`), without a final newline; empty
 * for equal texts. By the longest common subsequence: time and memory grow with the product of the lines between
 * the first and the last difference, which suits documents of a few thousand lines.
 */
export function unifiedDiff(before: Named, after: Named): string {
  const lines = compare(linesOf(before.text), linesOf(after.text));
  const hunks = hunksOf(lines);
  if (hunks.length === 0) return '';
  return [`--- ${before.name}`, `+++ ${after.name}`, ...hunks].join('\n');
}

interface Named {
  readonly name: string;
  readonly text: string;
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

function compare(before: readonly string[], after: readonly string[]): Line[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let tail = 0;
  const rest = Math.min(before.length, after.length) - start;
  while (tail < rest && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;

  const same = (text: string): Line => ({ mark: ' ', text });
  return [
    ...before.slice(0, start).map(same),
    ...compareMiddle(before.slice(start, before.length - tail), after.slice(start, after.length - tail)),
    ...before.slice(before.length - tail).map(same),
  ];
}

function compareMiddle(before: readonly string[], after: readonly string[]): Line[] {
  const width = after.length + 1;
  // The length of the longest common subsequence of what begins at each pair of lines.
  const lengths = new Uint32Array((before.length + 1) * width);
  const lengthAt = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] =
        before[i] === after[j]
          ? lengthAt(i + 1, j + 1) + 1
          : Math.max(lengthAt(i + 1, j), lengthAt(i, j + 1));
    }
  }
  const lines: Line[] = [];
  let j = 0;
  for (const [i, text] of before.entries()) {
    // Removed lines come before added ones, as diff writes them.
    while (j < after.length && after[j] !== text && lengthAt(i, j + 1) > lengthAt(i + 1, j)) {
      lines.push({ mark: '+', text: after[j] ?? '' });
      j += 1;
    }
    if (after[j] === text) {
      lines.push({ mark: ' ', text });
      j += 1;
    } else lines.push({ mark: '-', text });
  }
  for (const text of after.slice(j)) lines.push({ mark: '+', text });
  return lines;
}

/** The changes with their surroundings; those whose surroundings touch are one. */
function hunksOf(lines: readonly Line[]): string[] {
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ mark }) => mark !== ' '),
  );
  const hunks: string[] = [];
  let [beforeLine, afterLine] = [1, 1];
  for (let index = 0; index < lines.length; ) {
    let end = index;
    while (near[index] === near[end] && end < lines.length) end += 1;
    const part = lines.slice(index, end);
    const removed = part.filter(({ mark }) => mark !== '+').length;
    const added = part.filter(({ mark }) => mark !== '-').length;
    if (near[index]) {
      const title = `@@ -${range(beforeLine, removed)} +${range(afterLine, added)} @@`;
      hunks.push([title, ...part.map(({ mark, text }) => mark + text)].join('\n'));
    }
    beforeLine += removed;
    afterLine += added;
    index = end;
  }
  return hunks;
}

/** The format wants the line before an empty range. */
function range(line: number, count: number): string {
  return `${count === 0 ? line - 1 : line},${count}`;
}
