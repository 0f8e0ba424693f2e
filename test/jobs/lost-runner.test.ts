import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { holdBack } from '../support/held-connection.ts';
import { deadLetters, jobsDone, queuedJobs } from '../support/jobs.ts';
import { start } from '../support/processes.ts';
import { rows } from '../support/rows.ts';
import { openQueue, type Queue } from './queue-fixture.ts';

let queue: Queue;

beforeEach(async () => {
  queue = await openQueue();
});

afterEach(() => queue[Symbol.asyncDispose]());

const unhandled: unknown[] = [];
const note = (error: unknown) => unhandled.push(error);
process.on('unhandledRejection', note).on('uncaughtException', note);
afterEach(() => expect(unhandled).toEqual([]));
afterAll(() => {
  process.off('unhandledRejection', note).off('uncaughtException', note);
});

describe('The job in hand of a runner that was killed', () => {
  it('is done by another one within seconds, and counts as tried', async () => {
    await queue.add('stuck', {}, { attempts: 2 });
    await using killed = start(process.execPath, ['test/jobs/stuck-runner.ts', queue.databaseUrl]);
    await killed.wrote(/took the job/);
    const attempts: unknown[] = [];
    queue.run({ stuck: async () => void attempts.push((await queuedJobs(queue))[0]?.attempts) });

    killed.kill('SIGKILL');
    await killed.ended;

    await jobsDone(queue);
    expect(attempts).toEqual([2]);
  });

  it('is kept as a failed operation when it was the last attempt', async () => {
    await queue.add('stuck', {}, { attempts: 1 });
    await using killed = start(process.execPath, ['test/jobs/stuck-runner.ts', queue.databaseUrl]);
    await killed.wrote(/took the job/);
    killed.kill('SIGKILL');
    await killed.ended;
    queue.run({ stuck: async () => {} });
    await expect
      .poll(() => deadLetters(queue))
      .toMatchObject([{ kind: 'stuck', attempts: 1, error_message: 'the process that was at it ended' }]);
    expect(await queuedJobs(queue)).toEqual([]);
  });
});

describe('The job in hand of a runner that lives', () => {
  it('is not taken away by the sweeps of another one', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: go, resolve: release } = Promise.withResolvers<void>();
    let turns = 0;
    const stuck = async () => {
      turns += 1;
      begin();
      await go;
    };
    queue.run({ stuck });
    await queue.add('stuck');
    await begun;
    // Somebody who is gone has another one in hand: when that is done there was a sweep.
    await queue.add('other');
    await rows(
      queue,
      `update graphile_worker._private_jobs set locked_by = 'pool-gone', locked_at = now() where locked_by is null`,
    );
    queue.run({ stuck, other: async () => {} });
    await expect.poll(() => queuedJobs(queue)).toMatchObject([{ task: 'stuck' }]);
    expect(turns).toBe(1);
    release();
    await jobsDone(queue);
    expect(turns).toBe(1);
  });
});

describe('A runner whose connections are all lost', () => {
  it('goes on with new ones, and every job is done', async () => {
    const done: unknown[] = [];
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: go, resolve: release } = Promise.withResolvers<void>();
    queue.run({
      async work(payload) {
        begin();
        await go;
        done.push(payload);
      },
    });
    await queue.add('work', { number: 1 });
    await begun;

    await rows(
      queue,
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'lightning-projects jobs'`,
    );
    release();
    await queue.add('work', { number: 2 });

    await jobsDone(queue);
    expect(done).toContainEqual({ number: 1 });
    expect(done).toContainEqual({ number: 2 });
  });
});

describe('A runner that loses the connection by which others see it while it starts', () => {
  it('starts again, and nobody is left with a failure that he does not hear of', async () => {
    await using way = await holdBack(queue.databaseUrl, 'graphile_worker');
    const done: unknown[] = [];
    queue.run(
      { work: async (payload) => void done.push(payload) },
      { url: way.url, directUrl: queue.databaseUrl },
    );
    await way.held;
    // It is opened first.
    await rows(
      queue,
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity
       where datname = current_database() and application_name = 'lightning-projects jobs'
       order by backend_start limit 1`,
    );
    way.release();
    await queue.add('work', { number: 1 });
    await jobsDone(queue);
    expect(done).toEqual([{ number: 1 }]);
  });
});
