import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Lineage, Mark } from '../../src/merging/lineage.ts';
import { actionOf, isUntouched, standingOf } from '../../src/merging/merge-rules.ts';
import { pairWorkflows, type WorkflowHead, type WorkflowPair } from '../../src/merging/workflow-pairs.ts';

const head = (id: string, name: string, more: Partial<WorkflowHead> = {}): WorkflowHead => ({
  id,
  name,
  hash: 'aaaaaaaaaaaa',
  lockVersion: 1,
  deleted: false,
  ...more,
});
const mark: Mark = { hash: 'aaaaaaaaaaaa', lockVersion: 1 };
const copied = (copyId: string, sourceId: string): Lineage => ({
  copyId,
  sourceId,
  copy: mark,
  source: mark,
});
const ids = (pairs: readonly WorkflowPair[]) =>
  pairs.map(({ source, target }) => `${source?.id ?? '-'}:${target?.id ?? '-'}`);

describe('Workflows match', () => {
  it('by lineage before name, and by name where there is no lineage', () => {
    const sources = [head('s1', 'two'), head('s2', 'one'), head('s3', 'three')];
    const targets = [head('t1', 'one'), head('t2', 'two'), head('t3', 'three')];
    const pairs = pairWorkflows(sources, targets, [copied('s1', 't1'), copied('s2', 't2')]);
    expect(ids(pairs)).toEqual(['s2:t2', 's3:t3', 's1:t1']);
    expect(pairs.map(({ isKin, base }) => [isKin, base !== undefined])).toEqual([
      [true, true],
      [false, false],
      [true, true],
    ]);
  });

  it('through the same origin, however many copies lie between', () => {
    const lineage = [copied('s', 'm'), copied('m', 'o'), copied('t', 'o')];
    const [pair] = pairWorkflows([head('s', 'x')], [head('t', 'y')], lineage);
    const base = { source: mark, target: mark };
    expect(pair).toMatchObject({ source: { id: 's' }, target: { id: 't' }, isKin: true, base });
  });

  it.each([
    ['the one below, when it was copied from a later state of the one between', 2, 1, [true, false]],
    ['the one above, when it and the one between became the same later', 1, 2, [false, true]],
    ['neither, when the one between did not change', 1, 1, [false, false]],
  ])('and of a copy of a copy has moved %s', (_, copiedAt, sameAt, moved) => {
    const lineage = [
      { ...copied('s', 'm'), source: { hash: `${copiedAt}`, lockVersion: copiedAt } },
      { ...copied('m', 'o'), copy: { hash: `${sameAt}`, lockVersion: sameAt } },
    ];
    const [pair] = pairWorkflows([head('s', 'x')], [head('o', 'x')], lineage);
    if (pair === undefined) throw new Error('the two do not match');
    const { changedInSource, changedInTarget } = standingOf(pair, true);
    expect([changedInSource, changedInTarget]).toEqual(moved);
  });

  it.each([
    [null, 2],
    [2, null],
    [null, null],
  ])('and have no base where nobody knows when the one between changed: %s and %s', (copiedAt, sameAt) => {
    const lineage = [
      { ...copied('s', 'm'), source: { hash: 'bbbbbbbbbbbb', lockVersion: copiedAt } },
      { ...copied('m', 'o'), copy: { hash: 'cccccccccccc', lockVersion: sameAt } },
    ];
    const [pair] = pairWorkflows([head('s', 'x')], [head('o', 'x')], lineage);
    expect(pair).toMatchObject({ isKin: true, base: undefined });
  });

  it('with what a merge settled between them, when less has changed since', () => {
    const later: Mark = { hash: 'bbbbbbbbbbbb', lockVersion: 2 };
    const settled = [{ oneId: 's', one: later, otherId: 't', other: later }];
    const now = { hash: 'bbbbbbbbbbbb', lockVersion: 2 };
    const paired = (lineage: readonly Lineage[]) =>
      pairWorkflows([head('s', 'x', now)], [head('t', 'x', now)], lineage, settled)[0]?.base;
    expect(paired([])).toEqual({ source: later, target: later });
    expect(paired([copied('s', 't')])).toEqual({ source: later, target: later });
    expect(pairWorkflows([head('s', 'x')], [head('t', 'x')], [copied('s', 't')], settled)[0]?.base).toEqual({
      source: mark,
      target: mark,
    });
  });

  it('in either direction of the copying', () => {
    const [pair] = pairWorkflows([head('original', 'x')], [head('copy', 'y')], [copied('copy', 'original')]);
    expect(pair?.base).toEqual({ source: mark, target: mark });
  });

  it('not with what was deleted, which still tells that its counterpart was there', () => {
    const [pair] = pairWorkflows([head('s', 'x', { deleted: true })], [head('t', 'x')], [copied('s', 't')]);
    expect(pair).toMatchObject({ source: undefined, target: { id: 't' }, base: { target: mark } });
    expect(
      pairWorkflows([head('s', 'x', { deleted: true })], [head('t', 'x', { deleted: true })], []),
    ).toEqual([]);
  });

  it('each at most once, and none is left out', () => {
    const heads = (side: string) =>
      fc
        .uniqueArray(
          fc.record({
            n: fc.nat(6),
            name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
            deleted: fc.boolean(),
          }),
          { selector: ({ n }) => n, maxLength: 6 },
        )
        .map((rows) => rows.map(({ n, name, deleted }) => head(`${side}${n}`, name, { deleted })));
    const links = fc.uniqueArray(fc.tuple(fc.nat(6), fc.nat(6)), { selector: ([n]) => n });
    fc.assert(
      fc.property(heads('s'), heads('t'), links, (sources, targets, pairs) => {
        const lineage = pairs.map(([s, t]) => copied(`s${s}`, `t${t}`));
        const found = pairWorkflows(sources, targets, lineage);
        const present = (rows: readonly WorkflowHead[]) =>
          rows.filter(({ deleted }) => !deleted).map(({ id }) => id);
        expect(found.flatMap(({ source }) => source?.id ?? []).toSorted()).toEqual(
          present(sources).toSorted(),
        );
        expect(found.flatMap(({ target }) => target?.id ?? []).toSorted()).toEqual(
          present(targets).toSorted(),
        );
      }),
      { numRuns: 500 },
    );
  });
});

describe('Three ways', () => {
  const moved = (n: number) => ({ hash: 'bbbbbbbbbbbb', lockVersion: n });
  const base = { source: mark, target: mark };
  const pair = (
    source: WorkflowHead | undefined,
    target: WorkflowHead | undefined,
    withBase = true,
  ): WorkflowPair => ({
    source,
    target,
    gone: undefined,
    isKin: true,
    base: withBase ? base : undefined,
  });
  const [s, t] = [head('s', 'x'), head('t', 'x')];
  const [s2, t2] = [head('s', 'x', moved(2)), head('t', 'x', moved(2))];

  it.each([
    ['nobody changed it', pair(s, t), false, 'keep keep'],
    ['only the sandbox changed it', pair(s2, t), true, 'update update'],
    ['only the target changed it', pair(s, t2), true, 'keep keep'],
    ['both changed it', pair(s2, t2), true, 'conflict keep update'],
    ['both changed it alike', pair(s2, t2), false, 'keep keep'],
    ['only the sandbox deleted it', pair(undefined, t), true, 'delete delete'],
    ['the sandbox deleted what the target changed', pair(undefined, t2), true, 'conflict keep delete'],
    ['only the target deleted it', pair(s, undefined), true, 'keep keep'],
    ['the target deleted what the sandbox changed', pair(s2, undefined), true, 'conflict keep create'],
    ['the sandbox made it', pair(s, undefined, false), true, 'create create'],
    ['the target made it', pair(undefined, t, false), true, 'keep keep'],
    ['both made it, and differ', pair(s, t, false), true, 'conflict keep update'],
    ['both made it alike', pair(s, t, false), false, 'keep keep'],
  ])('where %s', (_, given, differ, expected) => {
    const standing = standingOf(given, differ);
    const actions = (['ours', 'theirs'] as const).map((winner) => actionOf(standing, winner));
    expect([...(standing.conflict ? ['conflict'] : []), ...actions].join(' ')).toBe(expected);
  });

  it('take for untouched only what neither hash nor lock_version moved, on both sides', () => {
    expect(isUntouched(pair(s, t))).toBe(true);
    for (const other of [pair(s2, t), pair(s, t2), pair(s, undefined), pair(s, t, false)])
      expect(isUntouched(other)).toBe(false);
    expect(isUntouched(pair(head('s', 'x', { lockVersion: 2 }), t))).toBe(false);
    const unknown: Mark = { ...mark, lockVersion: null };
    const before = {
      ...pair(head('s', 'x', { lockVersion: 9 }), t),
      base: { source: unknown, target: mark },
    };
    expect(isUntouched(before)).toBe(true);
  });
});
