import { Histogram, type Registry } from 'prom-client';

/**
 * Counts and times calls in `rpc_server_duration_seconds`, by `method` (`Service.Method`) and `code` (`OK`,
 * `NOT_FOUND`, …). The returned function takes one ended call, its duration in seconds.
 */
export function callMetrics(registry: Registry): (method: string, code: string, seconds: number) => void {
  // Counted when the answers are on their way: they need not wait for it.
  let ended: { readonly method: string; readonly code: string; readonly seconds: number }[] = [];
  const count = () => {
    const counted = ended;
    ended = [];
    for (const { method, code, seconds } of counted) durations.observe({ method, code }, seconds);
  };
  const durations = new Histogram({
    name: 'rpc_server_duration_seconds',
    help: 'Duration of calls in seconds; a stream counts from its request to its end.',
    labelNames: ['method', 'code'],
    // From a cached point read to a long export.
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
    collect: count,
  });
  return (method, code, seconds) => {
    if (ended.push({ method, code, seconds }) === 1) setImmediate(count);
  };
}
