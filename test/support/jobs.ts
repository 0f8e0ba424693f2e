import { expect } from 'vitest';
import { rows } from './rows.ts';
import type { TestService } from './service.ts';

type WithDatabase = Pick<TestService, 'databaseUrl'>;

/** A job as the queue shows it. */
export interface QueuedRow {
  readonly id: string;
  readonly task: string;
  readonly attempts: number;
  readonly max_attempts: number;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly last_error: string | null;
  readonly locked_by: string | null;
  /** Seconds until it may run. */
  readonly due_in: number;
}

/** The jobs that are not done. */
export function queuedJobs(service: WithDatabase): Promise<QueuedRow[]> {
  return rows(
    service,
    `select jobs.id, task_identifier as task, jobs.attempts, jobs.max_attempts, payload, jobs.last_error,
            jobs.locked_by, extract(epoch from jobs.run_at - now())::float8 as due_in
     from graphile_worker.jobs join graphile_worker._private_jobs using (id) order by id`,
  );
}

/** Waits until every job that was queued is done. */
export async function jobsDone(service: WithDatabase): Promise<void> {
  await expect.poll(() => queuedJobs(service)).toEqual([]);
}

/** Makes every waiting job due now, as time would. */
export async function bringForward(service: WithDatabase): Promise<void> {
  await rows(
    service,
    `select graphile_worker.reschedule_jobs(array(select id from graphile_worker.jobs), run_at => now())`,
  );
  await rows(service, `select pg_notify('jobs:insert', '{"count":10}')`);
}

/** The operations that jobs became which failed for good. */
export function deadLetters(service: WithDatabase): Promise<Record<string, unknown>[]> {
  return rows(
    service,
    `select kind, state, project_id, actor_id, input, attempts, error_reason, error_message,
            finished_at is not null as finished
     from operations order by inserted_at, id`,
  );
}
