import { setImmediate as tick } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coalesced } from '../../src/database/coalesced.ts';

/** A statement under way: what it was asked, and how it ends. */
interface Batch {
  readonly questions: readonly number[];
  answer(): void;
  fail(error: Error): void;
}

/** Answers every number with its square, when the test says so. */
function squares() {
  const batches: Batch[] = [];
  let underWay = 0;
  let mostUnderWay = 0;
  const ask = coalesced<number, number>((questions) => {
    const { promise, resolve, reject } = Promise.withResolvers<number[]>();
    underWay += 1;
    mostUnderWay = Math.max(mostUnderWay, underWay);
    batches.push({
      questions,
      answer: () => resolve(questions.map((question) => question ** 2)),
      fail: reject,
    });
    return promise.finally(() => {
      underWay -= 1;
    });
  });
  return {
    ask,
    batches,
    /** The questions of each batch so far. */
    asked: () => batches.map(({ questions }) => questions),
    mostUnderWay: () => mostUnderWay,
  };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

describe('Coalesced questions', () => {
  it('go together when they are asked in one tick, and each gets its own answer', async () => {
    const { ask, batches, asked } = squares();
    const answers = Promise.all([3, 1, 2, 1].map(ask));
    await tick();
    batches[0]?.answer();
    await expect(answers).resolves.toEqual([9, 1, 4, 1]);
    expect(asked()).toEqual([[3, 1, 2, 1]]);
  });

  it('do not wait for those of an earlier tick', async () => {
    const { ask, batches, asked } = squares();
    const slow = ask(1);
    await tick();
    const quick = ask(2);
    await tick();
    batches[1]?.answer();
    await expect(quick).resolves.toBe(4);
    batches[0]?.answer();
    await expect(slow).resolves.toBe(1);
    expect(asked()).toEqual([[1], [2]]);
  });

  it('wait when four statements are under way, and then go together', async () => {
    const { ask, batches, asked } = squares();
    const answers: Promise<number>[] = [];
    for (const question of range(1, 7)) {
      answers.push(ask(question));
      await tick();
    }
    expect(asked()).toEqual([[1], [2], [3], [4]]);
    batches[2]?.answer();
    await answers[2];
    await tick();
    expect(asked().slice(4)).toEqual([[5, 6, 7]]);
    for (const batch of batches) batch.answer();
    await expect(Promise.all(answers)).resolves.toEqual([1, 4, 9, 16, 25, 36, 49]);
  });

  it('go 500 to a statement at most', async () => {
    const { ask, batches, asked } = squares();
    const questions = range(1, 2100);
    const answers = Promise.all(questions.map(ask));
    await tick();
    expect(asked().map(({ length }) => length)).toEqual([500, 500, 500, 500]);
    batches[0]?.answer();
    await tick();
    expect(asked()[4]).toEqual(range(2001, 2100));
    for (const batch of batches) batch.answer();
    await expect(answers).resolves.toEqual(questions.map((question) => question ** 2));
  });

  it.each([
    [8, [8]],
    [15, [15]],
    [16, [8, 8]],
    [23, [12, 11]],
    [33, [9, 8, 8, 8]],
    [128, [32, 32, 32, 32]],
  ])('are spread over four statements when they are many: %i', async (count, sizes) => {
    const { ask, batches, asked } = squares();
    const questions = range(1, count);
    const answers = Promise.all(questions.map(ask));
    await tick();
    expect(asked().map(({ length }) => length)).toEqual(sizes);
    expect(asked().flat()).toEqual(questions);
    for (const batch of batches) batch.answer();
    await expect(answers).resolves.toEqual(questions.map((question) => question ** 2));
  });

  it('are spread over the statements that are free', async () => {
    const { ask, batches, asked } = squares();
    const first = [ask(1)];
    await tick();
    first.push(ask(2));
    await tick();
    const answers = Promise.all([...first, ...range(3, 42).map(ask)]);
    await tick();
    expect(asked().map(({ length }) => length)).toEqual([1, 1, 20, 20]);
    for (const batch of batches) batch.answer();
    await expect(answers).resolves.toEqual(range(1, 42).map((question) => question ** 2));
  });

  it('fail with their own batch, and with no other', async () => {
    const { ask, batches } = squares();
    const doomed = Promise.allSettled([ask(1), ask(2)]);
    await tick();
    const fine = ask(3);
    await tick();
    const error = new Error('broken');
    batches[0]?.fail(error);
    batches[1]?.answer();
    await expect(doomed).resolves.toEqual(Array(2).fill({ status: 'rejected', reason: error }));
    await expect(fine).resolves.toBe(9);
    const next = ask(4);
    await tick();
    batches[2]?.answer();
    await expect(next).resolves.toBe(16);
  });

  it('fail when the statement throws before it begins, or answers too little', async () => {
    const throwing = coalesced<number, number>(() => {
      throw new Error('broken');
    });
    await expect(throwing(1)).rejects.toThrow('broken');
    const short = coalesced<number, number>(async () => [1]);
    await expect(Promise.allSettled([short(1), short(2)])).resolves.toMatchObject([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected' },
    ]);
  });

  it('are all answered, in the order in which they came, whatever ends first', async () => {
    type Step =
      | { kind: 'ask'; count: number }
      | { kind: 'tick' }
      | { kind: 'end'; which: number; fails: boolean };
    const step: fc.Arbitrary<Step> = fc.oneof(
      fc.record({ kind: fc.constant('ask' as const), count: fc.integer({ min: 1, max: 700 }) }),
      fc.record({ kind: fc.constant('tick' as const) }),
      fc.record({ kind: fc.constant('end' as const), which: fc.nat(), fails: fc.boolean() }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { ask, batches, asked, mostUnderWay } = squares();
        const open = new Set<Batch>();
        const outcomes: Promise<unknown>[] = [];
        let seen = 0;
        const look = () => {
          for (; seen < batches.length; seen += 1) open.add(batches[seen] as Batch);
        };
        for (const next of steps) {
          if (next.kind === 'tick') await tick();
          else if (next.kind === 'ask') {
            for (let count = 0; count < next.count; count += 1) {
              const question = outcomes.length;
              outcomes.push(
                ask(question).then(
                  (answer) => expect(answer).toBe(question ** 2),
                  () => 'failed',
                ),
              );
            }
          } else {
            look();
            const batch = [...open][next.which % Math.max(open.size, 1)];
            if (batch === undefined) continue;
            open.delete(batch);
            if (next.fails) batch.fail(new Error('broken'));
            else batch.answer();
          }
        }
        for (let rounds = 0; rounds < 2 * steps.length + 2; rounds += 1) {
          await tick();
          for (const batch of batches) batch.answer();
        }
        await Promise.all(outcomes);
        expect(asked().flat()).toEqual(outcomes.map((_, index) => index));
        expect(Math.max(0, ...asked().map(({ length }) => length))).toBeLessThanOrEqual(500);
        expect(mostUnderWay()).toBeLessThanOrEqual(4);
      }),
      { numRuns: 60 },
    );
  });
});
