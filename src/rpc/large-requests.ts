import type { DescMethod } from '@bufbuild/protobuf';
import { FairPlaces } from '../database/fair-places.ts';
import { ProjectsService } from '../gen/lightning/projects/v1/projects_service_pb.ts';
import type { OpenCall } from './open-call.ts';

/** Methods whose one request holds a whole document of up to 16 MiB. */
const LARGE: ReadonlySet<DescMethod> = new Set([ProjectsService.method.importProject]);

/** Two documents are parsed at once in a process: meanwhile one arrives, and one is written. */
const PLACES = 4;

/**
 * Milliseconds that a call has its place at most, some times what a full document takes on a busy machine. It goes on
 * without: whoever sends slowly, or nothing at all, keeps others no longer from importing.
 */
const HOLD_MS = 15_000;

/** Whether a call waits for its place before its request is received. */
export function isLarge(method: DescMethod): boolean {
  return LARGE.has(method);
}

/** What decides of a call on whether and for how long it gets a place. */
export type LargeCall = Pick<OpenCall, 'descriptor' | 'identity' | 'signal'>;

/**
 * Receives few large requests at once, so that memory does not grow with how many are sent, each of them many times its
 * size: what waits for its place is still at its client.
 */
export class LargeRequests {
  readonly #places = new FairPlaces(PLACES);
  readonly #holdMs: number;

  constructor(holdMs = HOLD_MS) {
    this.#holdMs = holdMs;
  }

  /** Waits for a place, which the call has until its end. For the gate: after authentication, before its message. */
  readonly interceptor = {
    name: 'large requests',
    begin: (call: LargeCall) => (isLarge(call.descriptor) ? this.#admit(call) : undefined),
  };

  async #admit({ identity, signal }: LargeCall): Promise<void> {
    if (identity === undefined) throw new Error('a place without authentication');
    const place = await this.#places.take(identity.principal, signal);
    const leave = () => place[Symbol.dispose]();
    const timer = setTimeout(leave, this.#holdMs);
    const end = () => {
      clearTimeout(timer);
      leave();
    };
    // Of every call the signal aborts at its end, whatever that is.
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  }
}
