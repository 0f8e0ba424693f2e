import { createServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { Server } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { Code } from '@connectrpc/connect';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Gate } from '../rpc/implement.ts';
import type { Address, Settings } from '../settings.ts';
import { connectRoutes } from './connect-routes.ts';
import { corsPolicy } from './cors.ts';
import { type HttpRequest, type HttpResponse, type HttpRoutes, refuse } from './http-exchange.ts';
import type { TransportLimits } from './limits.ts';
import { type Listener, listen } from './listener.ts';
import { probeRoutes } from './probes.ts';
import type { ServiceRegistration } from './service-registration.ts';
import { closeInStages } from './staged-close.ts';
import type { TlsIdentity, TlsSource } from './tls.ts';

type HttpHandler = (request: HttpRequest, response: HttpResponse) => void;

export interface HttpListenerOptions {
  readonly address: Address;
  /** Undefined: HTTP/1.1 in plaintext. Otherwise HTTP/2 or HTTP/1.1 over TLS, as the client can (ALPN). */
  readonly tls?: TlsSource | undefined;
  readonly services: readonly ServiceRegistration[];
  readonly gate?: Gate | undefined;
  readonly probes: {
    /** Whether calls can be answered at the moment: what `/readyz` says. */
    readonly ready: () => boolean;
  };
  /** What `/metrics` shows. */
  readonly metrics: Registry;
  readonly corsOrigins: Settings['corsAllowedOrigins'];
  readonly limits: TransportLimits;
  readonly log: Logger;
  /** What is served beside the RPCs and the probes. It keeps to the size of a request itself. */
  readonly routes?: HttpRoutes | undefined;
}

/**
 * Opens the HTTP listener: Connect (also by GET, for methods without side effects) and gRPC-Web, over TLS gRPC too;
 * `/healthz`, `/readyz` and `/metrics`.
 *
 * @throws StartupError when the address cannot be bound
 */
export function openHttpListener(options: HttpListenerOptions): Promise<Listener> {
  const handle = requestHandler(options);
  const server = createHttpServer(options, (request, response) => {
    if (request.httpVersionMajor === 1) {
      closeInStages(request, response);
      response.once('close', () => {
        // While draining: an idle connection would stay open for as long as its client likes.
        if (!server.listening) request.socket.destroySoon();
        // What was left unread, of a message above the limit, stands before the connection's next request.
        else if (!request.complete) request.resume();
      });
    }
    handle(request, response);
  });
  return listen({ server, address: options.address, setting: 'HTTP_ADDRESS' });
}

function createHttpServer({ tls, limits }: HttpListenerOptions, handler: HttpHandler): Server {
  const timeouts = {
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    // How often the two are looked after.
    connectionsCheckingInterval: limits.headersMs,
    keepAliveTimeout: limits.idleMs,
  };
  if (tls === undefined) return createServer(timeouts, handler);
  const secure = {
    ...timeouts,
    http1Options: { keepAliveTimeout: limits.idleMs },
    handshakeTimeout: limits.headersMs,
    settings: { maxConcurrentStreams: limits.callsPerConnection },
    ...contextOf(tls.identity),
    requestCert: tls.identity.clientAuthorities !== undefined,
    allowHTTP1: true,
  };
  const server = createSecureServer(secure, handler);
  tls.onRenewal((identity) => server.setSecureContext(contextOf(identity)));
  return server;
}

function contextOf({ certificate, key, clientAuthorities }: TlsIdentity): SecureContextOptions {
  return { cert: certificate, key, ca: clientAuthorities };
}

function requestHandler(options: HttpListenerOptions): HttpHandler {
  const { tls, services, probes, metrics, corsOrigins, limits, log } = options;
  // In the order in which they are asked.
  const routes = [
    corsPolicy(corsOrigins),
    connectRoutes(services, {
      grpc: tls !== undefined,
      gate: options.gate,
      limits,
      log,
    }),
    probeRoutes(probes.ready, metrics, log),
    options.routes ?? (() => false),
  ];
  const names = services.map(({ service }) => service.typeName).join(', ');
  const others = "probes /healthz, /readyz, /metrics, of Lightning's API /api/provision alone";
  const hint = `nothing is here; RPCs are POST /<service>/<method> (${names}), ${others}`;

  return (request, response) => {
    if (routes.some((route) => route(request, response))) return;
    refuse(response, 404, Code.Unimplemented, hint);
  };
}
