import { Failure } from '../call/failure.ts';
import type { Principal } from '../call/principal.ts';
import type { FairPlaces } from './fair-places.ts';
import type { Snapshot } from './snapshot.ts';

/** Milliseconds that a stream waits for another one to end, as long as a query waits for a connection. */
const WAIT_MS = 10_000;

/**
 * The connections that streams may hold at once, each for as long as its client reads; one person half of them.
 */
export class StreamPlaces {
  readonly #places: FairPlaces;
  readonly #waitMs: number;

  constructor(places: FairPlaces, waitMs = WAIT_MS) {
    this.#places = places;
    this.#waitMs = waitMs;
  }

  /**
   * Opens a snapshot that has a place until it is disposed of.
   *
   * @param principal who reads it
   * @param signal ends the waiting for a place
   * @throws Failure TOO_MANY_EXPORTS when none gets free in time
   */
  async open(principal: Principal, signal: AbortSignal, open: () => Promise<Snapshot>): Promise<Snapshot> {
    using taken = new DisposableStack();
    taken.use(await this.#take(principal, signal));
    const snapshot = await open();
    const place = taken.move();
    return {
      read: snapshot.read,
      [Symbol.asyncDispose]: async () => {
        await snapshot[Symbol.asyncDispose]();
        place.dispose();
      },
    };
  }

  async #take(principal: Principal, signal: AbortSignal): Promise<Disposable> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(tooManyExports()), this.#waitMs);
    try {
      return await this.#places.take(principal, AbortSignal.any([signal, late.signal]));
    } finally {
      clearTimeout(timer);
    }
  }
}

function tooManyExports(): Failure {
  const message = 'this process serves as many exports at once as it can; try again';
  return new Failure('resource_exhausted', 'TOO_MANY_EXPORTS', message, { retryAfterMs: 1000 });
}
