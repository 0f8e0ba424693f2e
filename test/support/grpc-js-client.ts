import {
  type DescMessage,
  type DescMethod,
  fromBinary,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import {
  type CallOptions,
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  type ClientOptions,
  type ClientReadableStream,
  type ClientWritableStream,
  credentials,
  Metadata,
  type StatusObject,
} from '@grpc/grpc-js';

/** A method with the types of its messages, e.g. `EchoService.method.say`. */
interface Method<I extends DescMessage, O extends DescMessage> extends DescMethod {
  readonly input: I;
  readonly output: O;
}

export interface UnaryAnswer<Message> {
  readonly message: Message;
  readonly header: Metadata;
  readonly trailer: Metadata;
}

interface CallSettings extends CallOptions {
  readonly metadata?: Metadata;
}

/** grpc-js's own client with the codecs of protobuf-es: what a Node user of the gRPC listener has. */
export class GrpcJsClient implements Disposable {
  readonly #client: Client;

  constructor(
    address: string,
    channelCredentials: ChannelCredentials = credentials.createInsecure(),
    options: ClientOptions = {},
  ) {
    this.#client = new Client(address, channelCredentials, {
      'grpc.use_local_subchannel_pool': 1,
      ...options,
    });
  }

  /** Rejects with grpc-js's ServiceError. */
  unary<I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    request: MessageShape<I>,
    { metadata = new Metadata(), ...options }: CallSettings = {},
  ): Promise<UnaryAnswer<MessageShape<O>>> {
    return new Promise((resolve, reject) => {
      let header = new Metadata();
      let message: MessageShape<O> | undefined;
      const done = (error: Error | null, value?: MessageShape<O>) => {
        if (error !== null) reject(error);
        message = value;
      };
      this.#client
        .makeUnaryRequest(
          path(method),
          writer(method.input),
          reader(method.output),
          request,
          metadata,
          options,
          done,
        )
        .on('metadata', (received: Metadata) => {
          header = received;
        })
        .on('status', ({ metadata: trailer }: StatusObject) => {
          if (message !== undefined) resolve({ message, header, trailer });
        });
    });
  }

  serverStream<I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    request: MessageShape<I>,
    { metadata = new Metadata(), ...options }: CallSettings = {},
  ): ClientReadableStream<MessageShape<O>> {
    return this.#client.makeServerStreamRequest(
      path(method),
      writer(method.input),
      reader(method.output),
      request,
      metadata,
      options,
    );
  }

  /** The call, and its answer to come. */
  clientStream<I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    { metadata = new Metadata(), ...options }: CallSettings = {},
  ): { readonly call: ClientWritableStream<MessageShape<I>>; readonly answer: Promise<MessageShape<O>> } {
    const { promise, resolve, reject } = Promise.withResolvers<MessageShape<O>>();
    const call = this.#client.makeClientStreamRequest(
      path(method),
      writer(method.input),
      reader(method.output),
      metadata,
      options,
      (error, value?: MessageShape<O>) => {
        if (value === undefined) reject(error ?? new Error('no answer'));
        else resolve(value);
      },
    );
    return { call, answer: promise };
  }

  bidiStream<I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
  ): ClientDuplexStream<MessageShape<I>, MessageShape<O>> {
    return this.#client.makeBidiStreamRequest(path(method), writer(method.input), reader(method.output));
  }

  /** Sends bytes where a message should be. */
  raw(rpc: string, bytes: Uint8Array): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const asIs = (value: Buffer) => value;
      this.#client.makeUnaryRequest(rpc, asIs, asIs, Buffer.from(bytes), (error, value) => {
        if (value === undefined) reject(error);
        else resolve(value);
      });
    });
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

function path({ parent, name }: DescMethod): string {
  return `/${parent.typeName}/${name}`;
}

function writer<Desc extends DescMessage>(schema: Desc): (message: MessageShape<Desc>) => Buffer {
  return (message) => Buffer.from(toBinary(schema, message));
}

function reader<Desc extends DescMessage>(schema: Desc): (bytes: Buffer) => MessageShape<Desc> {
  return (bytes) => fromBinary(schema, bytes);
}
