import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingHttpHeaders } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Server } from 'node:net';

/** An HTTP/2 call as Node's channel tells of it. */
export interface CreatedStream {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
}

const STREAM_CREATED = 'http2.server.stream.created';

/**
 * Hears of every HTTP/2 call of this process while a server listens, before anybody else does: grpc-js keeps its streams
 * to itself.
 */
export function hearStreamsWhileOpen(server: Server, hear: (created: CreatedStream) => void): void {
  // What Node documents for this channel.
  const onStream = (message: unknown) => hear(message as CreatedStream);
  server.once('listening', () => subscribe(STREAM_CREATED, onStream));
  server.once('close', () => unsubscribe(STREAM_CREATED, onStream));
}
