import { AggregatorRegistry } from 'prom-client';
import type { FromPrimary, FromWorker, Metrics } from './messages.ts';

/** Milliseconds that a worker may take to tell its metrics. */
const ANSWER_MS = 1000;

/** Asks workers. */
interface Respondent {
  readonly id: number;
  say(message: FromPrimary): void;
}

/**
 * The metrics of all workers together. Counters never fall: a worker that is busy counts with what it told last, and so
 * does one that has ended. Prometheus would take a sum that falls for a new beginning, and all of it for new.
 */
export class SummedMetrics {
  readonly #last = new Map<number, Metrics>();
  readonly #answers = new Map<string, () => void>();
  #ended: Promise<Metrics> = Promise.resolve([]);
  #questions = 0;

  /** In Prometheus' text format. */
  async collect(workers: readonly Respondent[]): Promise<string> {
    await Promise.all(workers.map((worker) => this.#ask(worker)));
    return await AggregatorRegistry.aggregate([await this.#ended, ...this.#last.values()]).metrics();
  }

  /** Takes what a worker told of itself. */
  hear(workerId: number, { question, metrics }: FromWorker & { readonly kind: 'own metrics' }): void {
    this.#last.set(workerId, metrics);
    this.#answers.get(`${workerId} ${question}`)?.();
  }

  /** A worker has ended: of what it told only what it counted is still true. */
  forget(workerId: number): void {
    const last = this.#last.get(workerId);
    if (last === undefined) return;
    this.#last.delete(workerId);
    // The library's types take the word for a number.
    const counted = last.filter(({ type }) => String(type) !== 'gauge');
    this.#ended = this.#ended.then((ended) =>
      AggregatorRegistry.aggregate([ended, counted]).getMetricsAsJSON(),
    );
  }

  async #ask(worker: Respondent): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#questions += 1;
    const question = this.#questions;
    const key = `${worker.id} ${question}`;
    this.#answers.set(key, resolve);
    const timer = setTimeout(resolve, ANSWER_MS);
    worker.say({ kind: 'ask for own metrics', question });
    await promise;
    clearTimeout(timer);
    this.#answers.delete(key);
  }
}
