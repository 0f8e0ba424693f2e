import { Pool, type PoolClient, type PoolConfig } from 'pg';

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
 *
 * Only for that connection does the queue ask with a callback. Behind a pooler, where nothing can be listened to, it
 * comes from another pool.
 */
export class QueuePool extends Pool {
  readonly #listening: Pool | undefined;

  /** @param listening where the connection to listen on comes from; left out, from the pool itself */
  constructor(config: PoolConfig, listening?: Pool) {
    super(config);
    this.#listening = listening;
    // The method of `pg` asks with a callback too.
    this.query = (async (...parameters: Parameters<Pool['query']>) => {
      const client = await this.connect();
      try {
        return await client.query(...parameters);
      } finally {
        client.release();
      }
    }) as Pool['query'];
  }

  override connect(): Promise<PoolClient>;
  override connect(callback: Connected): void;
  override connect(callback?: Connected): Promise<PoolClient> | undefined {
    if (callback === undefined) return super.connect();
    const connected: Connected = (error, client, done) => callback(error, client, done && once(done));
    if (this.#listening === undefined) super.connect(connected);
    else this.#listening.connect(connected);
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
