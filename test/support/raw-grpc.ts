import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';

export interface RawGrpcCall {
  readonly session: ClientHttp2Session;
  readonly stream: ClientHttp2Stream;
}

/**
 * Begins a gRPC call over a connection of its own, by HTTP/2 alone: the clients of the libraries read ahead, buffer by
 * themselves and send whole messages. What its connection fails with is not told.
 */
export function beginRawGrpc(url: string, path: string, token?: string): RawGrpcCall {
  const session = connect(url);
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  });
  for (const emitter of [session, stream]) emitter.on('error', () => {});
  return { session, stream };
}
