import {
  create,
  type DescMessage,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { Client, type ClientOptions, credentials, Metadata } from '@grpc/grpc-js';
import { signToken } from '../../src/token-settings.ts';

const SECRET = 'a secret for benchmarks alone, 32 bytes long at least';

/** Settings of a service that takes the tokens of {@link bearer}. */
export const tokenEnv = { AUTH_JWT_SECRET: SECRET };

/** Metadata with the token of a person, or of an internal service. */
export async function bearer(subject: string, scope?: 'projects:admin'): Promise<Metadata> {
  const key = { key: { secret: new TextEncoder().encode(SECRET) }, issuer: undefined, audience: undefined };
  const token = await signToken(key, { subject, lifetime: 3600, ...(scope === undefined ? {} : { scope }) });
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}

/** A connection of its own, which takes and sends messages of any size. */
export class Connection extends Client {
  constructor(address: string, options: ClientOptions = {}) {
    super(address, credentials.createInsecure(), {
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      'grpc-node.flow_control_window': 4 * 1024 * 1024,
      ...options,
    });
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** One unary method as a function, with nothing around the bare client. */
export function unary<I extends DescMessage, O extends DescMessage>(
  client: Client,
  method: DescMethodUnary<I, O>,
  metadata = new Metadata(),
): (request: MessageInitShape<I>) => Promise<MessageShape<O>> {
  const path = `/${method.parent.typeName}/${method.name}`;
  const serialize = (request: MessageShape<I>) => Buffer.from(toBinary(method.input, request));
  const deserialize = (bytes: Buffer) => fromBinary(method.output, bytes);
  return (request) =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        serialize,
        deserialize,
        create(method.input, request),
        metadata,
        (error, response) =>
          error === null && response !== undefined
            ? resolve(response)
            : reject(error ?? new Error('no answer')),
      );
    });
}

/** How a stream was received. */
export interface Received {
  readonly bytes: number;
  /** Milliseconds until the first message, and until the end. */
  readonly firstMs: number;
  readonly ms: number;
}

/**
 * Receives all messages of a server streaming method as fast as they come and looks into none of them.
 *
 * @param keep hears each message as it came over the wire
 */
export function receive<I extends DescMessage>(
  client: Client,
  method: DescMethodServerStreaming<I, DescMessage>,
  request: MessageInitShape<I>,
  metadata = new Metadata(),
  keep?: (message: Buffer) => void,
): Promise<Received> {
  const start = performance.now();
  const stream = client.makeServerStreamRequest(
    `/${method.parent.typeName}/${method.name}`,
    (message: MessageShape<I>) => Buffer.from(toBinary(method.input, message)),
    (message: Buffer) => message,
    create(method.input, request),
    metadata,
  );
  return new Promise((resolve, reject) => {
    let bytes = 0;
    let firstMs = Number.NaN;
    stream.on('data', (message: Buffer) => {
      if (bytes === 0) firstMs = performance.now() - start;
      bytes += message.length;
      keep?.(message);
    });
    stream.on('error', reject);
    stream.on('end', () => resolve({ bytes, firstMs, ms: performance.now() - start }));
  });
}
