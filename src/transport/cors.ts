import { cors } from '@connectrpc/connect';
import type { Settings } from '../settings.ts';
import type { HttpRoutes } from './http-exchange.ts';

// What Connect and gRPC-Web need, the token, the request id and the consistency token.
const allowedMethods = cors.allowedMethods.join(', ');
const allowedHeaders = [...cors.allowedHeaders, 'Authorization', 'X-Request-Id', 'Consistency-Token'].join(
  ', ',
);
const exposedHeaders = [...cors.exposedHeaders, 'X-Request-Id', 'Consistency-Token'].join(', ');
/** Seconds a browser may remember a preflight's answer; none remembers longer than two hours (Chromium). */
const PREFLIGHT_SECONDS = 7200;

const loopbackOrigin = /^https?:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/;

/**
 * Cross-origin requests after https://fetch.spec.whatwg.org/#http-cors-protocol. The returned function adds the
 * headers to an answer to come, and answers a preflight itself, which it says by returning true. No cookie is
 * involved, so credentials are not allowed.
 */
export function corsPolicy(origins: Settings['corsAllowedOrigins']): HttpRoutes {
  const isAllowed =
    origins === 'loopback'
      ? (origin: string) => loopbackOrigin.test(origin)
      : (origin: string) => origins.includes(origin);

  return ({ method, headers }, response) => {
    // Also for requests without an origin, or a cache could hand their answer to a page.
    response.setHeader('Vary', 'Origin');
    const { origin } = headers;
    const allowed = typeof origin === 'string' && isAllowed(origin);
    if (allowed) {
      response.setHeader('Access-Control-Allow-Origin', origin);
      response.setHeader('Access-Control-Expose-Headers', exposedHeaders);
    }
    if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return false;
    if (allowed) {
      response.setHeader('Access-Control-Allow-Methods', allowedMethods);
      response.setHeader('Access-Control-Allow-Headers', allowedHeaders);
      response.setHeader('Access-Control-Max-Age', PREFLIGHT_SECONDS);
    }
    response.statusCode = 204;
    response.end();
    return true;
  };
}
