import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { type CronItem, parseCronItems, type Runner, run } from 'graphile-worker';
import { Client, Pool } from 'pg';
import type { Logger } from 'pino';
import { LastingClient } from '../database/lasting-client.ts';
import { lasting } from '../database/lasting-pool.ts';
import { jobLog } from './job-log.ts';
import type { JobTasks } from './job-task.ts';
import { QueuePool } from './queue-pool.ts';
import { buryDeadJobs, freeAbandonedJobs, showAlive } from './sweep-jobs.ts';
import { taskList } from './task-list.ts';

export interface JobRunnerOptions {
  /** The migrated database that holds the queue. */
  readonly url: string;
  /** The way past the pooler, when `url` leads to one: for the lock that is held and what is listened to. */
  readonly directUrl?: string | undefined;
  readonly tasks: JobTasks;
  /** Jobs that begin by the clock (UTC), each once however many runners there are. */
  readonly cron?: readonly CronItem[];
  readonly log: Logger;
  /**
   * How long jobs in hand may go on once the runner is to stop, in milliseconds; then their signals abort.
   */
  readonly graceMs: number;
}

/** Jobs that one process does at the same time. */
const CONCURRENT_JOBS = 4;
/** Connections over which jobs are taken and told to be done: a job in hand holds none. */
const QUEUE_CONNECTIONS = 2;
/** Milliseconds between two looks for abandoned and for dead jobs. */
const SWEEP_MS = 2000;
/** Milliseconds for a connection, and for each statement of a sweep. */
const ANSWER_MS = 10_000;
/** Milliseconds that jobs have to end after their signals aborted. */
const ABORTED_MS = 1000;

const application_name = 'lightning-projects jobs';

/**
 * Runs jobs until `stop` aborts; then lets those in hand end, within the grace. When the queue gives up, or
 * the connection is lost by which others see that this runner lives, it stops in the same way and throws.
 */
export async function liveAsRunner(options: JobRunnerOptions, stop: AbortSignal): Promise<void> {
  await using open = new AsyncDisposableStack();
  const lost = new AbortController();
  const client = await openSign(options.directUrl ?? options.url, (error) => lost.abort(error));
  open.defer(() => client.end());
  const pool = openPool(options, open);

  const announced = Promise.withResolvers<string>();
  const alive = announced.promise.then(async (runnerId) => {
    await showAlive(client, runnerId);
    // Those of a process that this one replaces are done at once, not when the queue is looked through again.
    await freeAbandonedJobs(client, runnerId);
  });
  const runner = await startRunner(options, pool, async (runnerId) => {
    announced.resolve(runnerId);
    await alive;
  });
  open.defer(() => stopRunner(runner, options.graceMs));

  const over = AbortSignal.any([stop, lost.signal]);
  const sweeping = alive.then(async () => sweep(client, await announced.promise, options.log, over));
  // Nobody waits for it when the connection was lost before this: unheard, what it fails with would end the process.
  sweeping.catch(() => {});
  if (!over.aborted) await Promise.race([runner.promise, sweeping, once(over, 'abort')]);
  lost.signal.throwIfAborted();
}

/** The connection that shows that the runner lives. */
async function openSign(url: string, whenLost: (error: Error) => void): Promise<Client> {
  const client = new Client({
    connectionString: url,
    application_name,
    connectionTimeoutMillis: ANSWER_MS,
    query_timeout: ANSWER_MS,
  });
  client.on('error', whenLost);
  await client.connect();
  return client;
}

/** The connections that jobs are taken and finished over, and one that listens for new ones; closed with `open`. */
function openPool({ url, directUrl }: JobRunnerOptions, open: AsyncDisposableStack): Pool {
  const opened = <P extends Pool>(pool: P): P => {
    // Not waited for: a job that does not heed its signal keeps its connection.
    open.defer(() => void pool.end());
    return lasting(pool);
  };
  const listening =
    directUrl === undefined
      ? undefined
      : opened(new Pool({ connectionString: directUrl, application_name, max: 1 }));
  return opened(
    new QueuePool(
      { connectionString: url, application_name, max: QUEUE_CONNECTIONS + 1, Client: LastingClient },
      listening,
    ),
  );
}

/** @param announce called with the runner's id, and waited for, before it takes its first job */
function startRunner(
  { directUrl, tasks, cron = [], log, graceMs }: JobRunnerOptions,
  pool: Pool,
  announce: (runnerId: string) => Promise<void>,
): Promise<Runner> {
  return run({
    pgPool: pool,
    logger: jobLog(log),
    taskList: taskList(tasks, log),
    parsedCronItems: parseCronItems([...cron]),
    noHandleSignals: true,
    preset: {
      worker: {
        concurrentJobs: CONCURRENT_JOBS,
        gracefulShutdownAbortTimeout: graceMs,
        // Without a delay the queue leaves it unhandled when it cannot write down how a job ended.
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
        // They belong to a session.
        preparedStatements: directUrl === undefined,
      },
      plugins: [
        {
          name: 'lightning-projects',
          version: '1.0.0',
          worker: { hooks: { startWorker: (_, { worker }) => announce(worker.workerPool.id) } },
        },
      ],
    },
  });
}

/** The jobs of a runner that does not end in time are given to others once its connections are closed. */
async function stopRunner(runner: Runner, graceMs: number): Promise<void> {
  const late = new AbortController();
  // A runner that ended by itself cannot be stopped.
  const stopped = runner.stop().catch(() => {});
  await Promise.race([stopped, pause(graceMs + ABORTED_MS, undefined, late).catch(() => {})]);
  late.abort();
}

async function sweep(client: Client, ownId: string, log: Logger, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await freeAbandonedJobs(client, ownId);
    for (const letter of await buryDeadJobs(client)) log.error(letter, 'a job failed for good');
    await pause(SWEEP_MS, undefined, { signal: over }).catch(() => {});
  }
}
