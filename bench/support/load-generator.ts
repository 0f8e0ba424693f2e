import { once } from 'node:events';
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf';
import type { Metadata } from '@grpc/grpc-js';

/**
 * Calls a unary method over HTTP/2 with frames that are ready, and of the answer looks at the status alone. grpc-js's
 * client costs twice as much a call as the servers that it asks: with many calls in flight, it would be the client that
 * is measured.
 */
export class LoadGenerator implements AsyncDisposable {
  readonly #session: ClientHttp2Session;

  /** @param address host and port of a gRPC listener */
  constructor(address: string) {
    this.#session = connect(`http://${address}`);
  }

  /** A function that makes one call after the other, over all of the requests. */
  calls<I extends DescMessage>(
    method: DescMethodUnary<I, DescMessage>,
    requests: readonly MessageInitShape<I>[],
    metadata?: Metadata,
  ): () => Promise<void> {
    const headers = {
      ':method': 'POST',
      ':path': `/${method.parent.typeName}/${method.name}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...metadata?.getMap(),
    };
    const frames = requests.map((request) => frame(toBinary(method.input, create(method.input, request))));
    let next = 0;
    return () => {
      next += 1;
      return this.#call(headers, frames[next % frames.length] ?? Buffer.alloc(5));
    };
  }

  #call(headers: Record<string, unknown>, request: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const stream = this.#session.request(headers as Record<string, string>);
      let status: unknown;
      const hear = (received: IncomingHttpHeaders) => {
        status = received['grpc-status'] ?? status;
      };
      stream.on('response', hear);
      stream.on('trailers', hear);
      stream.on('error', reject);
      stream.on('close', () => (status === '0' ? resolve() : reject(new Error(`grpc-status ${status}`))));
      stream.resume();
      stream.end(request);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#session, 'close');
    this.#session.close();
    await closed;
  }
}

/** A message as gRPC has it on the wire: uncompressed, its length, itself. */
function frame(message: Uint8Array): Buffer {
  const bytes = Buffer.alloc(5 + message.length);
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, 5);
  return bytes;
}
