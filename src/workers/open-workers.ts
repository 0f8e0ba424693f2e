import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Serving } from '../application.ts';
import { openDatabase } from '../database/open-database.ts';
import type { Settings } from '../settings.ts';
import { StartupError } from '../startup-error.ts';
import type { FromWorker } from './messages.ts';
import { SummedMetrics } from './summed-metrics.ts';
import { type Ready, type WorkerEnd, WorkerProcess } from './worker-process.ts';

/** Milliseconds from the end of a worker to its successor: doubled each time until one has lived long enough. */
const AGAIN_MS = { least: 100, most: 5000 };
const LONG_LIFE_MS = 10_000;

/**
 * Opens the service as several processes. This one, the primary, holds what there is once, which is the embedded
 * database and the sockets that listen, and hands each new connection to the next worker in turn. A worker that ends is
 * replaced; the others go on meanwhile.
 *
 * @throws StartupError when something that whoever runs it can put right is in the way of the first workers
 */
export async function openWorkers(settings: Settings, log: Logger): Promise<Serving> {
  await using undo = new AsyncDisposableStack();
  const database = undo.use(await openDatabase(settings, log));
  const workers = new Workers({ DATABASE_URL: database.url }, log);
  undo.defer(() => workers.stop());
  const { grpcAddress, httpAddress } = await workers.start(settings.workers);

  const stack = undo.move();
  return {
    grpcAddress,
    httpAddress,
    close: () => stack.disposeAsync(),
    onFailure: (listener) => database.onLoss(listener),
  };
}

class Workers {
  readonly #env: Readonly<Record<string, string>>;
  readonly #log: Logger;
  readonly #metrics = new SummedMetrics();
  readonly #alive = new Set<WorkerProcess>();
  readonly #stopping = new AbortController();

  constructor(env: Readonly<Record<string, string>>, log: Logger) {
    this.#env = env;
    this.#log = log;
  }

  /** Resolves when all are ready. From then on each that ends is replaced. */
  async start(count: number): Promise<Ready> {
    const workers = Array.from({ length: count }, () => this.#fork());
    const [ready] = await Promise.all(workers.map(readiness));
    if (ready === undefined) throw new Error('there is no worker');
    for (const worker of workers) void this.#replace(worker);
    return ready;
  }

  /** Lets every worker drain; resolves when all have ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const worker of this.#alive) worker.say({ kind: 'stop' });
    await Promise.all(Array.from(this.#alive, ({ ended }) => ended));
  }

  #fork(): WorkerProcess {
    const worker = new WorkerProcess(this.#env);
    this.#alive.add(worker);
    worker.onMessage((message) => this.#hear(worker, message));
    void worker.ended.then(() => {
      this.#alive.delete(worker);
      this.#metrics.forget(worker.id);
    });
    return worker;
  }

  /** Puts a worker in the place of one that ended, and so on. */
  async #replace(worker: WorkerProcess): Promise<void> {
    const { signal } = this.#stopping;
    let wait = AGAIN_MS.least;
    for (let current = worker; ; current = this.#fork()) {
      const since = performance.now();
      const end = await current.ended;
      if (signal.aborted) return;
      this.#log.error({ worker: current.id, ...end }, 'a worker ended; another one takes its place');
      if (performance.now() - since > LONG_LIFE_MS) wait = AGAIN_MS.least;
      await pause(wait, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      wait = Math.min(2 * wait, AGAIN_MS.most);
    }
  }

  #hear(worker: WorkerProcess, message: FromWorker): void {
    if (message.kind === 'own metrics') this.#metrics.hear(worker.id, message);
    if (message.kind === 'ask for all metrics') void this.#answer(worker, message.question);
    // What was said to it before it did not hear.
    if (message.kind === 'ready' && this.#stopping.signal.aborted) worker.say({ kind: 'stop' });
  }

  async #answer(worker: WorkerProcess, question: number): Promise<void> {
    const asked = [...this.#alive].filter(({ isReady }) => isReady);
    worker.say({ kind: 'all metrics', question, text: await this.#metrics.collect(asked) });
  }
}

/** What a worker says when it is ready; rejects when it ends before. */
async function readiness(worker: WorkerProcess): Promise<Ready> {
  const { promise: ready, resolve } = Promise.withResolvers<Ready>();
  worker.onMessage((message) => {
    if (message.kind === 'ready') resolve(message);
  });
  return await Promise.race([ready, worker.ended.then(refuse)]);
}

function refuse({ reason, signal, code, err }: WorkerEnd): never {
  const how = err ?? signal ?? `exit code ${code}`;
  throw new StartupError(reason ?? `a worker ended before it was ready: ${how}`);
}
