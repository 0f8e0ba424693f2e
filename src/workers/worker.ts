import cluster from 'node:cluster';
import { collectDefaultMetrics } from 'prom-client';
import { openApplication } from '../application.ts';
import { openLog } from '../log.ts';
import { readSettings } from '../settings.ts';
import { StartupError } from '../startup-error.ts';
import type { FromPrimary, FromWorker } from './messages.ts';
import { WorkerMetrics } from './worker-metrics.ts';

/**
 * The program of a worker: the whole service, on addresses that it shares with the others. It stops when the primary
 * process says so, and Node ends it when that one is gone.
 */

// Ctrl-C reaches every process of the terminal, SIGTERM often every process of a container: the primary process gets
// it too, and says what is to be done.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

const registry = new WorkerMetrics(tell);
collectDefaultMetrics({ register: registry });
const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
process.on('message', (message: FromPrimary) => {
  if (message.kind === 'stop') stop();
  else void registry.hear(message);
});

const settings = readSettings(process.env);
const log = openLog(settings.logLevel).child({ worker: cluster.worker?.id });
try {
  const application = await openApplication(settings, log, registry);
  const { grpcAddress, httpAddress } = application;
  await tell({ kind: 'ready', grpcAddress, httpAddress });
  await stopped;
  await application.close();
} catch (error) {
  if (!(error instanceof StartupError)) throw error;
  await tell({ kind: 'refused', reason: error.message });
}
// Whoever listens to the primary process lives until then.
process.disconnect();

/** Resolves when it is said, also when nobody is there to hear it. */
function tell(message: FromWorker): Promise<void> {
  return new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve()));
}
