import cluster, { type Worker } from 'node:cluster';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FromPrimary, FromWorker } from './messages.ts';
import { closeUntaken } from './untaken-connections.ts';

/** What a worker says when both its listeners are open. */
export type Ready = FromWorker & { readonly kind: 'ready' };

/** How a worker ended, and why as far as it said so. */
export interface WorkerEnd {
  readonly code?: number;
  readonly signal?: string | null;
  readonly reason?: string;
  /** It could not even begin. */
  readonly err?: Error;
}

/** A worker as the primary process sees it. */
export class WorkerProcess {
  /** Of this process alone; its successor gets another one. */
  readonly id: number;
  readonly ended: Promise<WorkerEnd>;
  readonly #worker: Worker;
  #isReady = false;

  /** @param env what differs from the environment of this process */
  constructor(env: Readonly<Record<string, string>>) {
    // Round robin: left to the kernel, whoever is awake gets most of the connections.
    cluster.schedulingPolicy = cluster.SCHED_RR;
    cluster.setupPrimary({
      exec: fileURLToPath(new URL(`./worker${extname(import.meta.filename)}`, import.meta.url)),
      args: [],
      // JSON would lose NaN from the metrics.
      serialization: 'advanced',
    });
    this.#worker = cluster.fork(env);
    closeUntaken(this.#worker.process);
    this.id = this.#worker.id;
    this.ended = this.#end();
    this.onMessage(({ kind }) => {
      this.#isReady ||= kind === 'ready';
    });
  }

  /** Before that it hears nothing of what is said to it. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Calls back with what it says. */
  onMessage(hear: (message: FromWorker) => void): void {
    this.#worker.on('message', (message: FromWorker) => {
      // What it said last may arrive after its end.
      if (!this.#worker.isDead()) hear(message);
    });
  }

  /** Says something to it, unless it is gone. */
  say(message: FromPrimary): void {
    // With somebody to hear of it, the failure to reach a process that has just died is none of this one.
    if (this.#worker.isConnected()) this.#worker.send(message, () => {});
  }

  #end(): Promise<WorkerEnd> {
    const { promise, resolve } = Promise.withResolvers<WorkerEnd>();
    let refusal = {};
    this.onMessage((message) => {
      if (message.kind === 'refused') refusal = { reason: message.reason };
    });
    this.#worker.once('exit', (code, signal) => resolve({ code, signal, ...refusal }));
    this.#worker.once('error', (err) => resolve({ err }));
    return promise;
  }
}
