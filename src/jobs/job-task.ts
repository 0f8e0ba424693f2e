/** What the background can do, by the name that jobs call it by. */
export type JobTasks = Readonly<Record<string, JobTask>>;

/**
 * Does one job. May run more than once for it, also after it has succeeded: a process can die before it says
 * so. Once `signal` aborts it should give up quickly and throw; the job is tried again later.
 */
export type JobTask = (payload: unknown, signal: AbortSignal) => Promise<void>;

/**
 * An expected failure of a job. Its message is kept with the job and logged: nothing secret may stand in it,
 * and no address. Of any other error only the kind is kept.
 */
export class JobFailure extends Error {
  override readonly name: string = 'JobFailure';
}

/** A failure that another attempt would only repeat. */
export class HopelessJob extends JobFailure {
  override readonly name = 'HopelessJob';
}
