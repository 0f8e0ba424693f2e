import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LineChange, lineChanges, linesOf, textChanges } from '../../src/merging/line-changes.ts';

const numbered = (count: number, text: string) =>
  Array.from({ length: count }, (_, index) => `${text} ${index}`);

/** The lines after, made of those before and the changes. */
function applied(before: readonly string[], changes: readonly LineChange[]): string[] {
  const after: string[] = [];
  let next = 0;
  for (const { beforeStart, beforeLines, afterStart, afterLines } of changes) {
    after.push(...before.slice(next, beforeStart));
    expect(afterStart).toBe(after.length);
    expect(before.slice(beforeStart, beforeStart + beforeLines.length)).toEqual(beforeLines);
    after.push(...afterLines);
    next = beforeStart + beforeLines.length;
  }
  return [...after, ...before.slice(next)];
}

const edits = (changes: readonly LineChange[]) =>
  changes.reduce((sum, { beforeLines, afterLines }) => sum + beforeLines.length + afterLines.length, 0);

/** The length of the longest common subsequence, by its definition. */
function longestCommon(before: readonly string[], after: readonly string[]): number {
  const [first, ...rest] = before;
  if (first === undefined) return 0;
  const at = after.indexOf(first);
  const without = longestCommon(rest, after);
  return at < 0 ? without : Math.max(without, 1 + longestCommon(rest, after.slice(at + 1)));
}

describe('line changes', () => {
  it('are none between equal texts', () => {
    expect(lineChanges(['a', 'b'], ['a', 'b'])).toEqual([]);
  });

  it('say where lines were put in, taken out and replaced', () => {
    expect(lineChanges(['a', 'b', 'c', 'd', 'e'], ['new', 'a', 'c', 'D', 'e'])).toEqual([
      { beforeStart: 0, beforeLines: [], afterStart: 0, afterLines: ['new'] },
      { beforeStart: 1, beforeLines: ['b'], afterStart: 2, afterLines: [] },
      { beforeStart: 3, beforeLines: ['d'], afterStart: 3, afterLines: ['D'] },
    ]);
  });

  it('make the second text of the first, with as few lines as can be', () => {
    const lines = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const changes = lineChanges(before, after);
        expect(applied(before, changes)).toEqual(after);
        expect(edits(changes)).toBe(before.length + after.length - 2 * longestCommon(before, after));
      }),
      { numRuns: 500 },
    );
  });

  it('are one change from the first to the last difference where more than 1,000 lines differ', () => {
    const before = ['same', ...numbered(600, 'old'), 'kept', 'end'];
    const after = ['same', ...numbered(600, 'new'), 'kept', ...numbered(1, 'new'), 'end'];
    const changes = lineChanges(before, after);
    expect(changes).toHaveLength(1);
    expect(applied(before, changes)).toEqual(after);
  });

  it('are one change each, and right, once the effort for all of them is spent', () => {
    const effort = { left: 1_000_000 };
    expect(lineChanges(['a', 'b', 'c'], ['A', 'b', 'C'], effort)).toHaveLength(2);
    lineChanges(numbered(400, 'old'), numbered(400, 'new'), effort);
    expect(effort.left).toBeLessThan(0);
    const changes = lineChanges(['a', 'b', 'c'], ['A', 'b', 'C'], effort);
    expect(changes).toHaveLength(1);
    expect(applied(['a', 'b', 'c'], changes)).toEqual(['A', 'b', 'C']);
  });

  it('find a few lines among very many', () => {
    const before = numbered(100_000, 'line');
    const after = before.toSpliced(90_000, 1).toSpliced(10, 0, 'new');
    expect(edits(lineChanges(before, after))).toBe(2);
  });
});

describe('changes of texts', () => {
  it('are those of their lines', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', '\n', '\r\n'), { maxLength: 16 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const changes = textChanges(before, after, { left: 1_000_000 });
        expect(applied(linesOf(before), changes)).toEqual(linesOf(after));
        expect(edits(changes)).toBe(edits(lineChanges(linesOf(before), linesOf(after))));
      }),
      { numRuns: 1000 },
    );
  });

  it('take no effort for what they begin and end with alike, and some for every other line', () => {
    const lines = '\n'.repeat(1_000_000);
    const effort = { left: 1_000_000 };
    expect(textChanges(`${lines}old\n${lines}`, `${lines}new${lines}`, effort)).toEqual([
      { beforeStart: 1_000_000, beforeLines: ['old', ''], afterStart: 1_000_000, afterLines: ['new'] },
    ]);
    expect(effort.left).toBeGreaterThan(999_000);
    textChanges(`old\n${lines}old`, `new\n${lines}new`, effort);
    expect(effort.left).toBeLessThan(0);
  });
});

describe('the lines of a text', () => {
  it('do not count a final line end', () => {
    expect(linesOf('a\n\nb\n')).toEqual(['a', '', 'b']);
    expect(linesOf('')).toEqual([]);
  });
});
