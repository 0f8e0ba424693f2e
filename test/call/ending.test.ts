import { describe, expect, it } from 'vitest';
import { CallEnding, type Ending } from '../../src/call/ending.ts';

interface Abortable {
  readonly ending: Ending;
  abort(reason: unknown): void;
}

const kinds: [string, () => Abortable][] = [
  [
    'An AbortSignal',
    () => {
      const controller = new AbortController();
      return { ending: controller.signal, abort: (reason) => controller.abort(reason) };
    },
  ],
  [
    'The end of a call',
    () => {
      const ending = new CallEnding();
      return { ending, abort: (reason) => ending.abort(reason) };
    },
  ],
];

describe.each(kinds)('%s', (_, make) => {
  it('is told of once, to those who still listen, with its first reason', () => {
    const { ending, abort } = make();
    const told: string[] = [];
    const leaves = () => told.push('one that left');
    ending.addEventListener('abort', leaves, { once: true });
    ending.addEventListener('abort', () => told.push(`one that stays: ${ending.reason}`), { once: true });
    ending.removeEventListener('abort', leaves);
    expect(ending.aborted).toBe(false);
    ending.throwIfAborted();

    abort('first');
    abort('second');

    expect(told).toEqual(['one that stays: first']);
    expect(ending).toMatchObject({ aborted: true, reason: 'first' });
    expect(() => ending.throwIfAborted()).toThrow('first');
  });
});

it.each(['before', 'after'])("is its signal's end, when that is asked for %s it", (time) => {
  const ending = new CallEnding();
  if (time === 'before') expect(ending.signal.aborted).toBe(false);

  ending.abort('over');

  expect(ending.signal).toMatchObject({ aborted: true, reason: 'over' });
  expect(ending.signal).toBe(ending.signal);
});
