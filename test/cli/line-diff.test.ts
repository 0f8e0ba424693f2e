import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unifiedDiff } from '../../src/cli/line-diff.ts';

const diff = (before: string, after: string) =>
  unifiedDiff({ name: 'before', text: before }, { name: 'after', text: after });
const text = (...lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');

describe('a unified diff', () => {
  it('is empty for equal texts', () => {
    expect(diff(text('a', 'b'), text('a', 'b'))).toBe('');
  });

  it('shows a change with three lines around it', () => {
    const before = text('1', '2', '3', '4', 'old', '6', '7', '8', '9');
    const after = text('1', '2', '3', '4', 'new', '6', '7', '8', '9');
    expect(diff(before, after).split('\n')).toEqual([
      '--- before',
      '+++ after',
      '@@ -2,7 +2,7 @@',
      ' 2',
      ' 3',
      ' 4',
      '-old',
      '+new',
      ' 6',
      ' 7',
      ' 8',
    ]);
  });

  it('joins changes that are near each other and parts those that are not', () => {
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`);
    const changed = lines.map((line, index) => ([3, 8, 25].includes(index) ? `${line}!` : line));
    const titles = diff(text(...lines), text(...changed)).match(/^@@.*$/gm);
    expect(titles).toEqual(['@@ -1,12 +1,12 @@', '@@ -23,7 +23,7 @@']);
  });

  it('names the line before where nothing was', () => {
    expect(diff('', text('a'))).toBe('--- before\n+++ after\n@@ -0,0 +1,1 @@\n+a');
  });

  it('makes the second text of the first one, with as few changed lines as can be', () => {
    const lines = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const written = diff(text(...before), text(...after));
        expect(patched(before, written)).toEqual(after);
        const changes = written.match(/^[-+](?!-- before|\+\+ after)/gm)?.length ?? 0;
        expect(changes).toBe(before.length + after.length - 2 * longestCommon(before, after));
      }),
    );
  });
});

/** What `patch` makes of the lines, which must be where the diff says. */
function patched(before: readonly string[], written: string): string[] {
  const after: string[] = [];
  let at = 0;
  for (const line of written.split('\n').slice(2)) {
    const [, start, count] = /^@@ -(\d+),(\d+) /.exec(line) ?? [];
    if (start !== undefined) {
      const next = Number(start) - (count === '0' ? 0 : 1);
      after.push(...before.slice(at, next));
      at = next;
      continue;
    }
    if (line.startsWith('+')) after.push(line.slice(1));
    else {
      expect(before[at]).toBe(line.slice(1));
      if (line.startsWith(' ')) after.push(line.slice(1));
      at += 1;
    }
  }
  return [...after, ...before.slice(at)];
}

/** The length of the longest common subsequence, by its definition. */
function longestCommon(before: readonly string[], after: readonly string[]): number {
  const [first, ...rest] = before;
  if (first === undefined) return 0;
  const at = after.indexOf(first);
  const without = longestCommon(rest, after);
  return at < 0 ? without : Math.max(without, 1 + longestCommon(rest, after.slice(at + 1)));
}
