/**
 * Tells when something has lasted a fixed time. All share one timer, since they end in the order in which they came: one of
 * its own for each is felt in a small call.
 */
export class TimeLimit<T> {
  readonly #ms: number;
  readonly #exceeded: (what: T) => void;
  /** When each is over time, in milliseconds of `performance.now()`; the first to be so comes first. */
  readonly #ends = new Map<T, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number, exceeded: (what: T) => void) {
    this.#ms = ms;
    this.#exceeded = exceeded;
  }

  begin(what: T): void {
    this.#ends.set(what, performance.now() + this.#ms);
    if (this.#timer === undefined) this.#wait(this.#ms);
  }

  end(what: T): void {
    this.#ends.delete(what);
  }

  /** The timer outlives what it was set for, and keeps no process from its end. */
  #wait(ms: number): void {
    this.#timer = setTimeout(() => this.#look(), ms).unref();
  }

  #look(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const [what, end] of this.#ends) {
      if (end > now) {
        this.#wait(Math.ceil(end - now));
        return;
      }
      this.#ends.delete(what);
      this.#exceeded(what);
    }
  }
}
