import { Failure } from '../call/failure.ts';
import { waitingFor } from './cancellation.ts';
import type { Snapshot } from './snapshot.ts';

/** Milliseconds that a stream waits for another one to end, as long as a query waits for a connection. */
const WAIT_MS = 10_000;

/**
 * The connections that streams may hold at once, each for as long as its client reads: half of the pool. Whatever
 * clients do, calls that end by themselves find the other half.
 */
export class StreamPlaces {
  #free: number;
  readonly #waitMs: number;
  readonly #queue = new Set<() => void>();

  constructor(poolSize: number, waitMs = WAIT_MS) {
    this.#free = Math.max(1, Math.floor(poolSize / 2));
    this.#waitMs = waitMs;
  }

  /**
   * Opens a snapshot that has a place until it is disposed of.
   *
   * @param signal ends the waiting for a place
   * @throws Failure TOO_MANY_EXPORTS when none gets free in time
   */
  async open(signal: AbortSignal, open: () => Promise<Snapshot>): Promise<Snapshot> {
    await this.#take(signal);
    try {
      const snapshot = await open();
      return {
        read: snapshot.read,
        [Symbol.asyncDispose]: async () => {
          await snapshot[Symbol.asyncDispose]();
          this.#leave();
        },
      };
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  async #take(signal: AbortSignal): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(tooManyExports()), this.#waitMs);
    this.#queue.add(resolve);
    try {
      await waitingFor(signal, () => promise);
    } catch (error) {
      // A place that was handed over in the same moment goes on to the next one.
      if (!this.#queue.delete(resolve)) this.#leave();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Hands the place to whoever has waited longest. */
  #leave(): void {
    const [next] = this.#queue;
    if (next === undefined) {
      this.#free += 1;
      return;
    }
    this.#queue.delete(next);
    next();
  }
}

function tooManyExports(): Failure {
  const message = 'as many exports as this process serves at once are being read; try again';
  return new Failure('resource_exhausted', 'TOO_MANY_EXPORTS', message, { retryAfterMs: 1000 });
}
