import { waitingFor } from './cancellation.ts';

/** So many may be somewhere at once; whoever comes later waits, the one who has waited longest is next. */
export class Places {
  #free: number;
  readonly #queue = new Set<() => void>();

  constructor(count: number) {
    this.#free = count;
  }

  /**
   * Takes a place, until it is disposed of.
   *
   * @param signal ends the waiting for one, with its reason
   */
  async take(signal: AbortSignal): Promise<Disposable> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(signal);
    return { [Symbol.dispose]: () => this.#leave() };
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#queue.add(resolve);
    try {
      await waitingFor(signal, () => promise);
    } catch (error) {
      // A place that was handed over in the same moment goes on to the next one.
      if (!this.#queue.delete(resolve)) this.#leave();
      throw error;
    }
  }

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
