import { sql } from 'kysely';
import type { Queries } from './queries.ts';

/** Work for the background, known to the worker by the name of its task. */
export interface QueuedJob {
  readonly task: string;
  /**
   * What the task needs to know, as JSON; nothing secret, and no addresses: it is kept with jobs that failed.
   * A project or an actor that it names as `projectId` or `actorId` is shown with the operation that such a
   * job becomes.
   */
  readonly payload: object;
  /** How often it is tried at most, with growing pauses. */
  readonly attempts: number;
  /** A job with the key of one that still waits takes its place; null for a job of its own. */
  readonly key: string | null;
  /**
   * Milliseconds until it may be begun; 0: as soon as a worker is free. Counted by the clock of the database, which the
   * workers take jobs by: a process whose own clock runs ahead delays nothing.
   */
  readonly afterMs: number;
}

/**
 * Queues jobs in the transaction of `db`: they exist once it commits, and a worker hears of them at that
 * moment. One statement for any number.
 */
export async function addJobs(db: Queries, jobs: readonly QueuedJob[]): Promise<void> {
  await sql`
    select from graphile_worker.add_jobs(array(
      select row(task, payload, null, now() + "afterMs" * interval '1 ms', attempts, key, null, null)::graphile_worker.job_spec
      from jsonb_to_recordset(${JSON.stringify(jobs)}::jsonb)
        as job (task text, payload json, attempts smallint, key text, "afterMs" float8)
    ))`.execute(db);
}
