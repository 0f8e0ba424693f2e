import { Failure } from '../call/failure.ts';
import type { Principal } from '../call/principal.ts';
import { Places } from './places.ts';
import type { Snapshot } from './snapshot.ts';

/** Milliseconds that a stream waits for another one to end, as long as a query waits for a connection. */
const WAIT_MS = 10_000;

/** The places of one person, and how many streams have one or wait for one. */
interface OwnPlaces {
  readonly places: Places;
  streams: number;
}

/**
 * The connections that streams may hold at once, each for as long as its client reads: half of the pool, and of these
 * one person half. Whatever clients do, calls that end by themselves find the other half, and whatever one person does,
 * the exports of others find a place. A service speaks for many, so it may hold all.
 */
export class StreamPlaces {
  readonly #count: number;
  readonly #places: Places;
  readonly #ofPeople = new Map<string, OwnPlaces>();
  readonly #waitMs: number;

  constructor(poolSize: number, waitMs = WAIT_MS) {
    this.#count = Math.max(1, Math.floor(poolSize / 2));
    this.#places = new Places(this.#count);
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
    const leave = await this.#take(principal, signal);
    try {
      const snapshot = await open();
      return {
        read: snapshot.read,
        [Symbol.asyncDispose]: async () => {
          await snapshot[Symbol.asyncDispose]();
          leave();
        },
      };
    } catch (error) {
      leave();
      throw error;
    }
  }

  async #take(principal: Principal, signal: AbortSignal): Promise<() => void> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(tooManyExports()), this.#waitMs);
    const over = AbortSignal.any([signal, late.signal]);
    using taken = new DisposableStack();
    using _ = { [Symbol.dispose]: () => clearTimeout(timer) };
    // Who has as many as one person may have does not wait among the others.
    if (principal.kind === 'user') await this.#takeOwn(principal.userId, over, taken);
    taken.defer(await this.#places.take(over));
    const held = taken.move();
    return () => held.dispose();
  }

  async #takeOwn(userId: string, signal: AbortSignal, taken: DisposableStack): Promise<void> {
    const own = this.#ofPeople.get(userId) ?? { places: new Places(Math.ceil(this.#count / 2)), streams: 0 };
    this.#ofPeople.set(userId, own);
    own.streams += 1;
    taken.defer(() => {
      own.streams -= 1;
      if (own.streams === 0) this.#ofPeople.delete(userId);
    });
    taken.defer(await own.places.take(signal));
  }
}

function tooManyExports(): Failure {
  const message = 'as many exports as this process serves at once are being read; try again';
  return new Failure('resource_exhausted', 'TOO_MANY_EXPORTS', message, { retryAfterMs: 1000 });
}
