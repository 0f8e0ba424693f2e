import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it, vi } from 'vitest';
import { IdleThreads } from '../../src/exchange/idle-threads.ts';

const startThread = () => new Worker('setInterval(() => {}, 1000)', { eval: true });

it('gives the thread that was kept last, once', async () => {
  const idle = new IdleThreads();
  const [first, second] = [startThread(), startThread()];
  idle.keep(first);
  idle.keep(second);
  expect([idle.take(), idle.take(), idle.take()]).toEqual([second, first, undefined]);
  await Promise.all([first.terminate(), second.terminate()]);
});

it('ends a thread that nobody takes, and gives it to nobody from then on', async () => {
  const idle = new IdleThreads(10);
  const thread = startThread();
  const ended = once(thread, 'exit');
  const end = vi.spyOn(thread, 'terminate');
  idle.keep(thread);
  await expect.poll(() => end.mock.calls.length).toBe(1);
  expect(idle.take()).toBeUndefined();
  await ended;
});
