import type { JobHelpers, TaskList } from 'graphile-worker';
import type { Logger } from 'pino';
import { loggable } from '../rpc/loggable-error.ts';
import { HopelessJob, JobFailure, type JobTask, type JobTasks } from './job-task.ts';

/**
 * The tasks as the queue wants them. Each failed attempt is logged, and what may be kept of it is thrown on.
 */
export function taskList(tasks: JobTasks, log: Logger): TaskList {
  return Object.fromEntries(
    Object.entries(tasks).map(([name, task]) => [
      name,
      (payload: unknown, helpers: JobHelpers) => attempt(task, payload, helpers, log),
    ]),
  );
}

async function attempt(task: JobTask, payload: unknown, helpers: JobHelpers, log: Logger): Promise<void> {
  try {
    await task(payload, helpers.abortSignal);
  } catch (error) {
    const { id, task_identifier, attempts, max_attempts } = helpers.job;
    const job = { id, task: task_identifier, attempt: attempts, of: max_attempts };
    if (error instanceof JobFailure) log.warn({ job, reason: error.message }, 'a job failed');
    else log.warn({ job, err: loggable(error) }, 'a job failed in a way that nobody foresaw');
    if (error instanceof HopelessJob) await spendAttempts(helpers);
    throw error instanceof JobFailure ? error : new JobFailure(kindOf(error));
  }
}

/** Makes this attempt the last one. None of the queue's functions does that to a job in hand. */
async function spendAttempts({ job, query }: JobHelpers): Promise<void> {
  await query('update graphile_worker._private_jobs set max_attempts = attempts where id = $1', [job.id]);
}

function kindOf(error: unknown): string {
  return `unforeseen: ${error instanceof Error ? error.constructor.name : typeof error}`;
}
