import type { Worker } from 'node:worker_threads';

/** Milliseconds that a thread is kept for whoever needs one next: its code is compiled, and starting one takes long. */
const IDLE_MS = 30_000;

/** Threads that have nothing to do. They do not keep the process from its end. */
export class IdleThreads {
  readonly #expiries = new Map<Worker, NodeJS.Timeout>();
  readonly #idleMs: number;

  constructor(idleMs = IDLE_MS) {
    this.#idleMs = idleMs;
  }

  keep(thread: Worker): void {
    thread.unref();
    const expire = () => {
      this.forget(thread);
      void thread.terminate();
    };
    this.#expiries.set(thread, setTimeout(expire, this.#idleMs).unref());
  }

  /** One of them, the last one first; undefined when there is none. */
  take(): Worker | undefined {
    const thread = [...this.#expiries.keys()].at(-1);
    if (thread === undefined) return undefined;
    this.forget(thread);
    thread.ref();
    return thread;
  }

  /** That one is gone, or is needed. */
  forget(thread: Worker): void {
    clearTimeout(this.#expiries.get(thread));
    this.#expiries.delete(thread);
  }
}
