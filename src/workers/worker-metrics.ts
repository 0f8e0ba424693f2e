import { Registry } from 'prom-client';
import type { FromPrimary, FromWorker } from './messages.ts';

/** Milliseconds within which the primary process must have collected the metrics. */
const ANSWER_MS = 5000;

/**
 * The metrics of a worker. A scrape reaches any of the workers, so what it is shown are those of all together; the
 * primary process knows them.
 */
export class WorkerMetrics extends Registry {
  readonly #tell: (message: FromWorker) => void;
  readonly #asked = new Map<number, (text: string) => void>();
  #questions = 0;

  /** @param tell says something to the primary process */
  constructor(tell: (message: FromWorker) => void) {
    super();
    this.#tell = tell;
  }

  /** Of all workers, in Prometheus' text format; rejects when the primary process does not answer. */
  override async metrics(): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#questions += 1;
    const question = this.#questions;
    this.#asked.set(question, resolve);
    const tooLate = new Error(`the primary process did not answer within ${ANSWER_MS} ms`);
    const timer = setTimeout(() => reject(tooLate), ANSWER_MS);
    this.#tell({ kind: 'ask for all metrics', question });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#asked.delete(question);
    }
  }

  /** Takes what the primary process says, as far as it is about metrics. */
  async hear(message: FromPrimary): Promise<void> {
    if (message.kind === 'all metrics') this.#asked.get(message.question)?.(message.text);
    if (message.kind !== 'ask for own metrics') return;
    this.#tell({ kind: 'own metrics', question: message.question, metrics: await this.getMetricsAsJSON() });
  }
}
