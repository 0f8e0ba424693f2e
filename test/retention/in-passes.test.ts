import { describe, expect, it } from 'vitest';
import { inPasses } from '../../src/retention/in-passes.ts';

/** Rows by number of which the even ones must stay; looks at three at a time. */
function rows(count: number) {
  const there = new Set(Array.from({ length: count }, (_, number) => number));
  let looks = 0;
  return {
    there,
    looks: () => looks,
    async lookAfter(key = -1) {
      looks += 1;
      const seen = [...there]
        .toSorted((a, b) => a - b)
        .filter((number) => number > key)
        .slice(0, 3);
      const odd = seen.filter((number) => number % 2 === 1);
      for (const number of odd) there.delete(number);
      return { last: seen.length < 3 ? undefined : seen.at(-1), deleted: odd.length };
    },
  };
}

describe('Rows some of which must stay', () => {
  it('are each looked at twice, not once a batch', async () => {
    const { there, looks, lookAfter } = rows(300);
    const next = inPasses<number>();
    let batches = 0;
    while ((await next(lookAfter)) > 0) batches += 1;

    expect(there.size).toBe(150);
    expect(batches).toBe(100);
    // A hundred looks that delete, and a pass over the 150 that are left.
    expect(looks()).toBeLessThanOrEqual(100 + 50 + 2);
  });

  it('that a batch gave back, since it was rolled back, are found by the next pass', async () => {
    const { there, lookAfter } = rows(12);
    const next = inPasses<number>();
    expect(await next(lookAfter)).toBe(1);
    there.add(1);

    while ((await next(lookAfter)) > 0);

    expect([...there].filter((number) => number % 2 === 1)).toEqual([]);
  });

  it('need one pass when there is nothing to delete', async () => {
    const { looks, lookAfter } = rows(1);

    expect(await inPasses<number>()(lookAfter)).toBe(0);
    expect(looks()).toBe(1);
  });
});
