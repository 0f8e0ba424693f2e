import { base64Decode } from '@bufbuild/protobuf/wire';
import { Code, ConnectError, createConnectRouter } from '@connectrpc/connect';
import type { UniversalHandler, UniversalServerRequest } from '@connectrpc/connect/protocol';
import {
  compressionBrotli,
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from '@connectrpc/connect-node';
import type { Logger } from 'pino';
import type { Gate } from '../rpc/implement.ts';
import { CrowdedMessages } from './crowded-messages.ts';
import { bringNearer } from './far-deadlines.ts';
import { type HttpRequest, type HttpResponse, type HttpRoutes, pathOf, refuse } from './http-exchange.ts';
import type { TransportLimits } from './limits.ts';
import { BINARY_OPTIONS } from './message-reader.ts';
import { explainOwnErrors } from './own-errors.ts';
import type { ServiceRegistration } from './service-registration.ts';
import { wholeStreams } from './whole-stream.ts';

const compressions = [compressionGzip, compressionBrotli];

interface ConnectOptions {
  /** Whether to speak gRPC beside Connect and gRPC-Web: its trailers need HTTP/2. */
  readonly grpc: boolean;
  readonly gate?: Gate | undefined;
  readonly limits: TransportLimits;
  readonly log: Logger;
}

/**
 * The services' RPCs by Connect, gRPC-Web and perhaps gRPC. Does what `connectNodeAdapter` does, except that it logs
 * a client's leaving where everything is logged, and tells a client whose Host is no host, or whose message by GET no
 * base64, that it is at fault.
 */
export function connectRoutes(services: readonly ServiceRegistration[], options: ConnectOptions): HttpRoutes {
  const crowdedMessages = new CrowdedMessages(compressions, options.limits);
  const router = createConnectRouter({
    grpc: options.grpc,
    readMaxBytes: options.limits.messageBytes,
    binaryOptions: BINARY_OPTIONS,
    acceptCompression: compressions,
    interceptors: [wholeStreams],
    requestGate: (context) => {
      explainOwnErrors(context);
      const admitted = options.gate?.(
        context.method,
        context.requestHeader.get('authorization'),
        () => context,
      );
      if (context.requestMethod !== 'GET') return admitted;
      return Promise.resolve(admitted).then(() => crowdedMessages.refuseQuery(context.url, context.method));
    },
  });
  for (const { service, implementation } of services) router.service(service, implementation);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));

  return (request, response) => {
    const handler = handlers.get(pathOf(request));
    if (handler === undefined) return false;
    serve(handler, crowdedMessages, request, response).catch((error: unknown) => {
      options.log.debug(
        { err: error, rpc: handler.requestPath },
        'a call ended before its answer was delivered',
      );
    });
    return true;
  };
}

async function serve(
  handler: UniversalHandler,
  crowdedMessages: CrowdedMessages,
  request: HttpRequest,
  response: HttpResponse,
): Promise<void> {
  const authority = authorityOf(request);
  if (authority === undefined) {
    refuse(response, 400, Code.InvalidArgument, 'the request must name its host');
    return;
  }
  if (request.method === 'GET' && !isDecodable(request)) {
    refuse(response, 400, Code.InvalidArgument, 'the parameter message must be base64, as base64=1 says');
    return;
  }
  // Unlike that of a POST, a cache may keep it: what one token may see, for whoever asks next.
  if (request.method === 'GET') response.setHeader('Cache-Control', 'no-store');
  bringNearer(request.headers);
  const call =
    request.httpVersionMajor === 1 ? http1Call(request, response, authority) : http2Call(request, response);
  // Most requests are too small to hold one, and pass without a detour.
  const kept = crowdedMessages.mayComeWith(request.headers)
    ? crowdedMessages.keptFrom(call, handler.method)
    : call;
  const answered = await handler(kept);
  // Connect's handler says by a status alone that it cannot tell what it was asked.
  if (answered.status === 405) {
    response.setHeader('Allow', handler.allowedMethods.join(', '));
    refuse(response, 405, Code.Unimplemented, `call this RPC ${waysOf(handler)}`);
  } else if (answered.status === 415)
    refuse(response, 415, Code.InvalidArgument, `call this RPC ${waysOf(handler)}`);
  else await universalResponseToNodeResponse(answered, response);
}

/** How a person at a shell calls an RPC. */
function waysOf({ method, allowedMethods }: UniversalHandler): string {
  if (method.methodKind !== 'unary') return 'by POST as a stream, with a client such as buf curl or grpcurl';
  const post = 'by POST with "content-type: application/json"';
  return allowedMethods.includes('GET')
    ? `${post}, or by GET with the parameters encoding=json and message`
    : post;
}

/** The host that a request names, if it is one. */
function authorityOf({ headers }: HttpRequest): string | undefined {
  const named = headers[':authority'] ?? headers.host;
  return typeof named === 'string' && URL.canParse(`http://${named}`) ? named : undefined;
}

/** Whether the message of a GET is what its other parameters say. Connect's handler calls its own fault what is not. */
function isDecodable({ url = '' }: HttpRequest): boolean {
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1));
  if (query.get('base64') !== '1') return true;
  try {
    base64Decode(query.get('message') ?? '');
    return true;
  } catch {
    return false;
  }
}

function http2Call(request: HttpRequest, response: HttpResponse): UniversalServerRequest {
  const call = universalRequestFromNodeRequest(request, response, undefined, undefined);
  const client = new AbortController();
  call.signal.addEventListener('abort', () => leave(client), { once: true });
  return { ...call, signal: client.signal };
}

/**
 * What `universalRequestFromNodeRequest` makes of an HTTP/1.1 request, but with a body whose connection outlives a reader
 * that stops early, and without an error for the end of each call, which costs a tenth of a small one.
 */
function http1Call(request: HttpRequest, response: HttpResponse, authority: string): UniversalServerRequest {
  const scheme = 'encrypted' in request.socket ? 'https' : 'http';
  const header = new Headers();
  for (const [name, value = []] of Object.entries(request.headers)) {
    for (const one of typeof value === 'string' ? [value] : value) header.append(name, one);
  }
  const client = new AbortController();
  request.once('error', () => leave(client));
  response.once('close', () => {
    if (!response.writableFinished) leave(client);
  });
  return {
    httpVersion: request.httpVersion,
    method: request.method ?? '',
    url: new URL(request.url ?? '', `${scheme}://${authority}`).toString(),
    header,
    body: request.iterator({ destroyOnReturn: false }),
    signal: client.signal,
  };
}

/** The client is gone, however it went: what its socket says of that would be taken for our own failure. */
function leave(client: AbortController): void {
  client.abort(new ConnectError('the client cancelled the call', Code.Canceled));
}
