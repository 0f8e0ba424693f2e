import { expect, it } from 'vitest';
import { TimeLimit } from '../../src/rpc/time-limit.ts';

it('tells of each that lasts so long, in the order in which they began, and of no other', async () => {
  const exceeded: string[] = [];
  const limit = new TimeLimit<string>(20, (what) => exceeded.push(what));

  limit.begin('first');
  limit.begin('one that ends');
  limit.begin('second');
  limit.end('one that ends');
  await expect.poll(() => exceeded).toEqual(['first', 'second']);

  // By now the timer has run out.
  limit.begin('third');
  await expect.poll(() => exceeded).toEqual(['first', 'second', 'third']);
});

it('tells of nothing before its time, also of what began while the timer ran', async () => {
  const lasted: Promise<number>[] = [];
  const limit = new TimeLimit<() => void>(30, (tell) => tell());
  const begin = () => {
    const { promise, resolve } = Promise.withResolvers<number>();
    const start = performance.now();
    lasted.push(promise);
    limit.begin(() => resolve(performance.now() - start));
  };

  begin();
  setTimeout(begin, 15);
  await expect.poll(() => lasted.length).toBe(2);

  for (const ms of await Promise.all(lasted)) expect(ms).toBeGreaterThanOrEqual(30);
});
