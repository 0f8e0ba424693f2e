import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { documentKey } from '../../src/exchange/write-keys.ts';
import { matchEntries } from '../../src/workflows/match-entries.ts';

/** Names of the rows that entries, written `key: name`, are matched with. */
function matched(entries: readonly string[], names: readonly string[]): (string | undefined)[] {
  const parsed = entries.map((entry) => {
    const [key = '', name = key] = entry.split(': ');
    return { key, name };
  });
  return matchEntries(
    parsed,
    names.map((name) => ({ name })),
  ).map((row) => row?.name);
}

describe('an entry means', () => {
  it.each([
    ['the row of its key and name', ['a-b: a b'], ['a-b', 'a b'], ['a b']],
    ['the row of its key when it was renamed', ['old: new'], ['old'], ['old']],
    ['the row of its name when its key is its own', ['x1: fetch'], ['fetch'], ['fetch']],
    ['no row when neither is known', ['x: y'], ['fetch'], [undefined]],
    ['a row that no other entry means', ['fetch: fetch', 'x: fetch'], ['fetch'], ['fetch', undefined]],
    ['the rows of their keys when names are swapped', ['a: b', 'b: a'], ['a', 'b'], ['a', 'b']],
    ['the rows of their keys when names are passed on', ['a: b', 'b: c'], ['a', 'b'], ['a', 'b']],
    ['the row of its name when another row has its key', ['x: b'], ['x', 'b'], ['b']],
    ['a row that was left for the one of a name', ['x: b', 'y: x'], ['x', 'b'], ['b', 'x']],
    ['in a chain of them too', ['x: b', 'y: x', 'z: y'], ['x', 'b', 'y'], ['b', 'x', 'y']],
  ])('%s', (_, entries, names, expected) => {
    expect(matched(entries, names)).toEqual(expected);
  });
});

describe('matching any entries with any rows', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'a b', 'a-b', 'a  b', 'd');
  const entries = fc.uniqueArray(fc.record({ key: fc.oneof(name.map(documentKey), name), name }), {
    comparator: (one, other) => one.key === other.key || one.name === other.name,
  });
  const rows = fc.uniqueArray(name).map((names) => names.map((name) => ({ name })));

  it('takes no row twice, and leaves no two rows with one name', () => {
    fc.assert(
      fc.property(entries, rows, (entries, rows) => {
        const matches = matchEntries(entries, rows);
        const taken = matches.filter((row) => row !== undefined);
        expect(new Set(taken).size).toBe(taken.length);
        const names = [...entries, ...rows.filter((row) => !taken.includes(row))].map(({ name }) => name);
        expect(new Set(names).size).toBe(names.length);
      }),
      { numRuns: 2000 },
    );
  });

  it('finds every row again that it was given', () => {
    fc.assert(
      fc.property(rows, (rows) => {
        const distinct = rows.filter(
          ({ name }, index) => rows.findIndex((row) => documentKey(row.name) === documentKey(name)) === index,
        );
        const entries = distinct.map(({ name }) => ({ key: documentKey(name), name }));
        expect(matchEntries(entries, rows)).toEqual(distinct);
      }),
    );
  });
});
