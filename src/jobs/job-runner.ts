import { setTimeout as pause } from 'node:timers/promises';
import { loggable } from '../rpc/loggable-error.ts';
import { type JobRunnerOptions, liveAsRunner } from './runner-life.ts';

/** Does the queue's jobs in the background. */
export interface JobRunner {
  /** Takes no further jobs and lets those in hand end, within the grace. May be called twice. */
  stop(): Promise<void>;
}

/** Milliseconds from the end of a runner that nobody stopped to the next one. */
const AGAIN_MS = 1000;

/**
 * Starts to do jobs, and does so until it is stopped: while the database does not answer it tries again and
 * again.
 */
export function startJobRunner(options: JobRunnerOptions): JobRunner {
  const stop = new AbortController();
  const ended = keepRunning(options, stop.signal);
  return {
    stop() {
      stop.abort();
      return ended;
    },
  };
}

async function keepRunning(options: JobRunnerOptions, stop: AbortSignal): Promise<void> {
  let told = '';
  while (!stop.aborted) {
    try {
      await liveAsRunner(options, stop);
    } catch (error) {
      // An outage makes every new beginning fail alike: that is said once.
      const level = told === String(error) ? 'debug' : 'warn';
      options.log[level]({ err: loggable(error) }, 'the job runner ended; it starts again');
      told = String(error);
    }
    await pause(AGAIN_MS, undefined, { signal: stop }).catch(() => {});
  }
}
