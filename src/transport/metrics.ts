import { Histogram, type Registry } from 'prom-client';

/**
 * Counts and times calls in `rpc_server_duration_seconds`, by `method` (`Service.Method`) and `code` (`OK`,
 * `NOT_FOUND`, …). The returned function takes one ended call, its duration in seconds.
 */
export function callMetrics(registry: Registry): (method: string, code: string, seconds: number) => void {
  const durations = new Histogram({
    name: 'rpc_server_duration_seconds',
    help: 'Duration of calls in seconds; a stream counts from its request to its end.',
    labelNames: ['method', 'code'],
    // From a cached point read to a long export.
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  });
  return (method, code, seconds) => durations.labels(method, code).observe(seconds);
}
