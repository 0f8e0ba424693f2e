import { lineChanges, linesOf } from '../merging/line-changes.ts';

/** One line of one text or of both. */
interface Line {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

/** Unchanged lines that are shown around a change. */
const CONTEXT = 3;

/**
 * What differs between two texts, line by line, in the unified format (`diff -u`), without a final newline; empty
 * for equal texts.
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

/** Removed lines come before added ones, as diff writes them. */
function compare(before: readonly string[], after: readonly string[]): Line[] {
  const marked = (mark: Line['mark'], texts: readonly string[]) =>
    texts.map((text): Line => ({ mark, text }));
  const lines: Line[] = [];
  let next = 0;
  for (const { beforeStart, beforeLines, afterLines } of lineChanges(before, after)) {
    lines.push(...marked(' ', before.slice(next, beforeStart)));
    lines.push(...marked('-', beforeLines), ...marked('+', afterLines));
    next = beforeStart + beforeLines.length;
  }
  return [...lines, ...marked(' ', before.slice(next))];
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
