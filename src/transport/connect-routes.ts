import { Code, ConnectError, createConnectRouter } from '@connectrpc/connect';
import type { UniversalHandler } from '@connectrpc/connect/protocol';
import {
  compressionBrotli,
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from '@connectrpc/connect-node';
import type { Logger } from 'pino';
import { type HttpRequest, type HttpResponse, type HttpRoutes, pathOf, refuse } from './http-exchange.ts';
import type { ServiceRegistration } from './service-registration.ts';
import { wholeStreams } from './whole-stream.ts';

interface ConnectOptions {
  /** Whether to speak gRPC beside Connect and gRPC-Web: its trailers need HTTP/2. */
  readonly grpc: boolean;
  /** Most bytes of one received message, decompressed. */
  readonly messageBytes: number;
  readonly log: Logger;
}

/**
 * The services' RPCs by Connect, gRPC-Web and perhaps gRPC. Does what `connectNodeAdapter` does, except that it logs
 * a client's leaving where everything is logged, and answers a request whose Host is no host instead of throwing.
 */
export function connectRoutes(services: readonly ServiceRegistration[], options: ConnectOptions): HttpRoutes {
  const router = createConnectRouter({
    grpc: options.grpc,
    readMaxBytes: options.messageBytes,
    acceptCompression: [compressionGzip, compressionBrotli],
    interceptors: [wholeStreams],
  });
  for (const { service, implementation } of services) router.service(service, implementation);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));

  return (request, response) => {
    const handler = handlers.get(pathOf(request));
    if (handler === undefined) return false;
    serve(handler, request, response).catch((error: unknown) => {
      options.log.debug(
        { err: error, rpc: handler.requestPath },
        'a call ended before its answer was delivered',
      );
    });
    return true;
  };
}

async function serve(handler: UniversalHandler, request: HttpRequest, response: HttpResponse): Promise<void> {
  const { host, ':authority': authority = host } = request.headers;
  if (authority === undefined || !URL.canParse(`http://${authority}`)) {
    refuse(response, 400, 'invalid_argument', 'the request must name its host');
    return;
  }
  const call = universalRequestFromNodeRequest(request, response, undefined, undefined);
  const body = request.httpVersionMajor === 1 ? sparing(request) : call.body;
  const signal = departure(call.signal);
  await universalResponseToNodeResponse(await handler({ ...call, body, signal }), response);
}

/** Aborts when the client goes, however it goes: what its socket says of that would be taken for our own failure. */
function departure(gone: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const leave = () => controller.abort(new ConnectError('the client cancelled the call', Code.Canceled));
  gone.addEventListener('abort', leave, { once: true });
  return controller.signal;
}

/** The body of an HTTP/1.1 request, whose connection outlives a reader that stops early. */
function sparing(request: HttpRequest): AsyncIterable<Uint8Array> {
  return request.iterator({ destroyOnReturn: false });
}
