import { Failure } from '../call/failure.ts';
import type { Interceptor, OpenCall } from './open-call.ts';

/** The calls that are under way. */
export class CallsInFlight {
  readonly #calls = new Set<OpenCall>();
  #haveEnded = false;

  /** Counts a call in, and out again. */
  readonly interceptor: Interceptor = {
    name: 'in flight',
    begin: (call) => {
      this.#calls.add(call);
      if (this.#haveEnded) end(call);
    },
    end: (call) => {
      this.#calls.delete(call);
    },
  };

  /**
   * Ends them all, and those that still begin, with UNAVAILABLE SHUTTING_DOWN: clients try that again elsewhere, unlike a
   * connection that breaks, which many take for a cancellation.
   */
  end(): void {
    this.#haveEnded = true;
    for (const call of this.#calls) end(call);
  }
}

function end({ context }: OpenCall): void {
  context.abort(new Failure('unavailable', 'SHUTTING_DOWN', 'this process stops: call again'));
}
