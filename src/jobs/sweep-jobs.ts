import type { Client } from 'pg';

/** The class of the advisory locks by which living runners are known; "jobs" in ASCII. */
const RUNNER_LOCKS = 0x6a6f6273;

/** A job that failed for good, and the operation that keeps it. */
export interface DeadLetter {
  readonly operationId: string;
  readonly task: string;
  readonly attempts: number;
  readonly message: string;
}

/**
 * Shows that a runner lives, for as long as the connection does. The queue itself would leave the jobs in
 * hand of a process that was killed alone for four hours.
 */
export async function showAlive(client: Client, runnerId: string): Promise<void> {
  await client.query('select pg_advisory_lock($1, hashtext($2))', [RUNNER_LOCKS, runnerId]);
}

/** Gives the jobs in hand of runners that no longer live back to the queue; their attempts count. */
export async function freeAbandonedJobs(client: Client, ownId: string): Promise<void> {
  await client.query(
    `select graphile_worker.force_unlock_workers(array(
       select locked_by
       from (select distinct locked_by from graphile_worker.jobs where locked_by is not null) as runner
       -- One's own lock can be taken twice.
       where locked_by <> $1 and pg_try_advisory_xact_lock($2, hashtext(locked_by))
     ))`,
    [ownId, RUNNER_LOCKS],
  );
}

/**
 * Takes jobs that have no attempt left out of the queue and keeps each as a failed operation, with its
 * payload as the operation's input; one that was at an operation fails that. One statement: a job is in one
 * place or the other.
 */
export async function buryDeadJobs(client: Client): Promise<DeadLetter[]> {
  const { rows } = await client.query<DeadLetter>(`
    with dead as (
      select id, task_identifier as task from graphile_worker.jobs
      where attempts >= max_attempts and locked_at is null
    ), taken as (
      -- Answers only those that no other sweep took before.
      select * from graphile_worker.complete_jobs(array(select id from dead))
    ), failed as (
      update operations set state = 'failed', error_reason = 'INTERNAL', finished_at = now(), updated_at = now(),
        error_message = coalesce(last_error, 'the processes that were at it ended')
      from taken
      where operations.id = (payload ->> 'operationId')::uuid and state in ('pending', 'running')
      returning operations.id, kind, operations.attempts, error_message
    ), kept as (
    insert into operations
      (kind, project_id, actor_id, input, state, error_reason, error_message, attempts, inserted_at,
       finished_at)
    select dead.task, (payload ->> 'projectId')::uuid, (payload ->> 'actorId')::uuid, payload::jsonb, 'failed',
           'INTERNAL', coalesce(last_error, 'the process that was at it ended'), attempts, created_at,
           now()
    from taken join dead using (id)
    where payload ->> 'operationId' is null
    returning id, kind, attempts, error_message
    )
    select id as "operationId", kind as task, attempts, error_message as message
    from (select * from failed union all select * from kept) as letter`);
  return rows;
}
