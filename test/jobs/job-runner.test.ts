import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HopelessJob, JobFailure } from '../../src/jobs/job-task.ts';
import { bringForward, deadLetters, jobsDone, queuedJobs } from '../support/jobs.ts';
import { keptLog } from '../support/logged.ts';
import { openQueue, type Queue } from './queue-fixture.ts';

let queue: Queue;

beforeEach(async () => {
  queue = await openQueue();
});

afterEach(() => queue[Symbol.asyncDispose]());

/** A task that notes its payloads. */
function noting(): { readonly done: unknown[]; readonly note: (payload: unknown) => Promise<void> } {
  const done: unknown[] = [];
  return { done, note: async (payload) => void done.push(payload) };
}

describe('A job', () => {
  it('runs with its payload as soon as its change is committed', async () => {
    const { done, note } = noting();
    queue.run({ note });
    await queue.change(async (unit) => {
      unit.addJob('note', { number: 1 }, { attempts: 1 });
      unit.addJob('note', { number: 2 }, { attempts: 1 });
    });
    await jobsDone(queue);
    expect(done).toHaveLength(2);
    expect(done).toEqual(expect.arrayContaining([{ number: 1 }, { number: 2 }]));
  });

  it('is run by a queue that complains of nothing', async () => {
    const { log, saying } = keptLog();
    await queue.add('note');
    queue.run({ note: async () => {} }, { log });
    await jobsDone(queue);
    expect(saying('the job queue complains')).toEqual([]);
  });

  it('waits for a runner', async () => {
    const { done, note } = noting();
    await queue.add('note');
    expect(await queuedJobs(queue)).toHaveLength(1);
    queue.run({ note });
    await jobsDone(queue);
    expect(done).toEqual([{}]);
  });

  it('does not exist when its change is rolled back or only checked', async () => {
    await expect(
      queue.change(async (unit) => {
        unit.addJob('note', {}, { attempts: 1 });
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    await queue.change(async (unit) => unit.addJob('note', {}, { attempts: 1 }), { validateOnly: true });
    expect(await queuedJobs(queue)).toEqual([]);
  });

  it('takes the place of one with the same key that still waits', async () => {
    await queue.add('note', { turn: 1 }, { key: 'only' });
    await queue.add('note', { turn: 2 }, { key: 'only' });
    await queue.add('note', { turn: 3 });
    expect((await queuedJobs(queue)).map(({ payload }) => payload)).toEqual([{ turn: 2 }, { turn: 3 }]);
  });

  it('is left to runners that know its task', async () => {
    const { done, note } = noting();
    await queue.add('somebody_elses');
    await queue.add('note');
    queue.run({ note });
    await expect.poll(() => queuedJobs(queue)).toMatchObject([{ task: 'somebody_elses', attempts: 0 }]);
    expect(done).toHaveLength(1);
  });

  it('leaves no row behind, however many there are', async () => {
    const { done, note } = noting();
    queue.run({ note });
    await queue.change(async (unit) => {
      for (let number = 0; number < 500; number += 1) unit.addJob('note', { number }, { attempts: 1 });
    });
    await jobsDone(queue);
    expect(new Set(done.map((payload) => JSON.stringify(payload))).size).toBe(500);
    expect(done).toHaveLength(500);
  });
});

describe('A job that fails', () => {
  it('is tried again, later each time, and then kept as a failed operation', async () => {
    const { log, saying } = keptLog();
    queue.run({ fail: () => Promise.reject(new JobFailure('not today')) }, { log });
    const projectId = crypto.randomUUID();
    await queue.add('fail', { projectId, actorId: projectId }, { attempts: 3 });

    const pauses: number[] = [];
    for (const attempts of [1, 2]) {
      await expect.poll(() => queuedJobs(queue)).toMatchObject([{ attempts, locked_by: null }]);
      pauses.push((await queuedJobs(queue))[0]?.due_in ?? 0);
      await bringForward(queue);
    }
    await expect.poll(() => deadLetters(queue)).toHaveLength(1);

    expect(pauses[1]).toBeGreaterThan(pauses[0] ?? 0);
    expect(await queuedJobs(queue)).toEqual([]);
    expect(await deadLetters(queue)).toEqual([
      {
        kind: 'fail',
        state: 'failed',
        project_id: projectId,
        actor_id: projectId,
        input: { projectId, actorId: projectId },
        attempts: 3,
        error_reason: 'INTERNAL',
        error_message: 'not today',
        finished: true,
      },
    ]);
    expect(saying('a job failed')).toHaveLength(3);
    expect(saying('a job failed for good')).toHaveLength(1);
  });

  it('is kept at once when another attempt is hopeless', async () => {
    queue.run({ fail: () => Promise.reject(new HopelessJob('never')) });
    await queue.add('fail', {}, { attempts: 20 });
    await expect.poll(() => deadLetters(queue)).toMatchObject([{ attempts: 1, error_message: 'never' }]);
  });

  it('says nothing of an error that nobody foresaw but its kind', async () => {
    const { log, entries } = keptLog();
    queue.run({ fail: async () => void JSON.parse('secret') }, { log });
    await queue.add('fail', {}, { attempts: 1 });
    await expect.poll(() => deadLetters(queue)).toMatchObject([{ error_message: 'unforeseen: SyntaxError' }]);
    expect(JSON.stringify(entries)).not.toContain('secret');
  });
});

describe('A runner that is stopped', () => {
  it('lets the job in hand end first, and takes no other then', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: go, resolve: release } = Promise.withResolvers<void>();
    const ended: unknown[] = [];
    const runner = queue.run({
      async slow(payload) {
        begin();
        await go;
        ended.push(payload);
      },
    });
    await queue.add('slow', { turn: 1 });
    await begun;
    const stopped = runner.stop().then(() => ended.push('stopped'));
    release();
    await stopped;
    await queue.add('slow', { turn: 2 });
    expect(ended).toEqual([{ turn: 1 }, 'stopped']);
    expect((await queuedJobs(queue)).map(({ payload, attempts }) => [payload, attempts])).toEqual([
      [{ turn: 2 }, 0],
    ]);
  });

  it('aborts a job that takes longer than the grace, which is tried again later', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const runner = queue.run(
      {
        async endless(_payload, signal) {
          begin();
          await new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(new JobFailure('told to stop')));
          });
        },
      },
      { graceMs: 50 },
    );
    await queue.add('endless');
    await begun;
    await runner.stop();
    expect(await queuedJobs(queue)).toMatchObject([
      { attempts: 1, last_error: 'told to stop', locked_by: null },
    ]);
  });

  it('does not wait for a job that heeds no signal; another one does it again', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: never } = Promise.withResolvers<void>();
    const deaf = queue.run(
      {
        async stuck() {
          begin();
          await never;
        },
      },
      { graceMs: 10 },
    );
    await queue.add('stuck');
    await begun;
    await deaf.stop();

    const { done, note } = noting();
    queue.run({ stuck: note });
    await jobsDone(queue);
    expect(done).toEqual([{}]);
  });

  it('may be stopped twice', async () => {
    const runner = queue.run({});
    await Promise.all([runner.stop(), runner.stop()]);
  });
});
