import type { MikroORM } from '@mikro-orm/postgresql';
import { pino } from 'pino';
import { type ChangeOptions, runChange } from '../../src/database/change.ts';
import { openOrm } from '../../src/database/orm.ts';
import type { UnitOfWork } from '../../src/database/unit-of-work.ts';
import { type JobRunner, startJobRunner } from '../../src/jobs/job-runner.ts';
import type { JobTasks } from '../../src/jobs/job-task.ts';
import type { JobRunnerOptions } from '../../src/jobs/runner-life.ts';
import { createTestDatabase } from '../support/database.ts';

/** A database of its own with a queue, and runners of whatever tasks. */
export interface Queue extends AsyncDisposable {
  readonly databaseUrl: string;
  change<T>(work: (unit: UnitOfWork) => Promise<T>, options?: ChangeOptions): Promise<T>;
  /** Queues a job by a change that does nothing else. */
  add(
    task: string,
    payload?: object,
    options?: { readonly attempts?: number; readonly key?: string },
  ): Promise<void>;
  /** Stopped at the latest with the queue. */
  run(tasks: JobTasks, options?: Partial<JobRunnerOptions>): JobRunner;
}

export async function openQueue(): Promise<Queue> {
  const open = new AsyncDisposableStack();
  const { url } = open.use(await createTestDatabase());
  const orm: MikroORM = await openOrm({
    url,
    poolMax: 3,
    applicationName: 'job tests',
    statementTimeoutMs: 10_000,
  });
  open.defer(() => orm.close(true));
  const author = { actorId: null, service: 'tests', method: 'Tests.Change', requestId: 'a-request' };
  const change: Queue['change'] = (work, options) =>
    runChange(orm, author, new AbortController().signal, work, options);
  return {
    databaseUrl: url,
    change,
    add: (task, payload = {}, { attempts = 5, ...options } = {}) =>
      change(async (unit) => unit.addJob(task, payload, { attempts, ...options })),
    run(tasks, options = {}) {
      const runner = startJobRunner({
        url,
        tasks,
        log: pino({ level: 'silent' }),
        graceMs: 2000,
        ...options,
      });
      open.defer(() => runner.stop());
      return runner;
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}
