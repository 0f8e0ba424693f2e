import { Pool, type PoolClient } from 'pg';

type Release = (release?: unknown) => void;

type Connected = (
  error: Error | undefined,
  client: PoolClient | undefined,
  /** Missing where there is nothing to give back: the pool has ended, or took too long. */
  done?: Release,
) => void;

/**
 * A pool for the queue, which gives the connection that it listens on back twice when that is lost while it stops. The
 * second time is an error that nobody hears: it would end the process.
 */
export class QueuePool extends Pool {
  override connect(): Promise<PoolClient>;
  override connect(callback: Connected): void;
  override connect(callback?: Connected): Promise<PoolClient> | undefined {
    if (callback === undefined) return super.connect();
    super.connect((error, client, done?: Release) => callback(error, client, done && once(done)));
    return undefined;
  }
}

function once(done: Release): Release {
  let isDone = false;
  return (release) => {
    if (isDone) return;
    isDone = true;
    done(release);
  };
}
