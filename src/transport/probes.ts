import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { answer, type HttpRoutes, pathOf } from './http-exchange.ts';

/** `/healthz`: the process runs. `/readyz`: it can answer calls. `/metrics`: Prometheus' text format. */
export function probeRoutes(ready: () => boolean, metrics: Registry, log: Logger): HttpRoutes {
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return false;
    switch (pathOf(request)) {
      case '/healthz':
        answer(response, 200, 'ok');
        return true;
      case '/readyz':
        if (ready()) answer(response, 200, 'ready');
        else answer(response, 503, 'not ready');
        return true;
      case '/metrics':
        metrics.metrics().then(
          (text) => answer(response, 200, text, metrics.contentType),
          (error: unknown) => {
            log.error({ err: error }, 'the metrics cannot be collected');
            answer(response, 500, 'the metrics cannot be collected');
          },
        );
        return true;
      default:
        return false;
    }
  };
}
