import { Logger as QueueLogger } from 'graphile-worker';
import type { Logger } from 'pino';

/** For work whose failures are told by whoever asked for it. */
export const silentJobLog = new QueueLogger(() => () => {});

/**
 * What the queue says of itself, in our log: its messages alone, since what it adds may hold data. The runner
 * tells of jobs that fail.
 */
export function jobLog(log: Logger): QueueLogger {
  return new QueueLogger(() => (level, message, meta) => {
    if (meta?.failure === true) return;
    // That it has fewer connections than jobs at once is meant so: a job in hand holds none.
    if (meta?.max !== undefined && meta.concurrency !== undefined) return;
    if (level === 'error' || level === 'warning') log.warn({ queue: message }, 'the job queue complains');
    else log.debug({ queue: message }, 'job queue');
  });
}
