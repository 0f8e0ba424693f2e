import {
  create,
  type DescMessage,
  type DescMethod,
  type Message,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf';
import { Code, ConnectError, createServiceImplSpec, type MethodImplSpec } from '@connectrpc/connect';
import type {
  Server,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  StatusObject,
  sendUnaryData,
} from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { type GrpcCall, GrpcContext } from './grpc-context.ts';
import { statusOf } from './grpc-status.ts';
import type { TransportLimits } from './limits.ts';
import { messageReader, requireRead } from './message-reader.ts';
import { explain } from './own-errors.ts';
import type { ServiceRegistration } from './service-registration.ts';
import { wholeStream } from './whole-stream.ts';

/** What the handlers of one listener share. */
interface Surroundings {
  readonly scheme: 'http' | 'https';
  readonly limits: TransportLimits;
  readonly log: Logger;
}

type Answer = MessageInitShape<DescMessage>;
/** What a reader of messages made of one. */
type Received = Message | ConnectError;
type RequestStream = ServerReadableStream<Received, Message> | ServerDuplexStream<Received, Message>;
type ResponseStream = ServerWritableStream<Received, Message> | ServerDuplexStream<Received, Message>;

/**
 * Puts a service behind a grpc-js server. A message that cannot be parsed is answered with INTERNAL by grpc-js, as
 * gRPC's status codes have it.
 */
export function registerService(
  server: Server,
  { service, implementation }: ServiceRegistration,
  surroundings: Surroundings,
): void {
  for (const spec of Object.values(createServiceImplSpec(service, implementation).methods)) {
    const { name, input, output } = spec.method;
    const serialize = (message: Message) => {
      const bytes = toBinary(output, message);
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    };
    const { type, handler } = handlerOf(spec, surroundings);
    const read = messageReader(input, surroundings.limits);
    server.register(`/${service.typeName}/${name}`, handler, serialize, read, type);
  }
}

function handlerOf(spec: MethodImplSpec, surroundings: Surroundings) {
  switch (spec.kind) {
    case 'unary': {
      const { method, impl } = spec;
      const handler = answerOnce(method, surroundings, (call: ServerUnaryCall<Received, Message>, context) =>
        impl(requireRead(call.request), context),
      );
      return { type: 'unary', handler };
    }
    case 'client_streaming': {
      const { method, impl } = spec;
      const handler = answerOnce(
        method,
        surroundings,
        (call: ServerReadableStream<Received, Message>, context) => impl(requestsOf(call, context), context),
      );
      return { type: 'clientStream', handler };
    }
    case 'server_streaming': {
      const { method, impl } = spec;
      const handler = answerMany(
        method,
        surroundings,
        (call: ServerWritableStream<Received, Message>, context) => impl(requireRead(call.request), context),
      );
      return { type: 'serverStream', handler };
    }
    case 'bidi_streaming': {
      const { method, impl } = spec;
      const handler = answerMany(
        method,
        surroundings,
        (call: ServerDuplexStream<Received, Message>, context) => impl(requestsOf(call, context), context),
      );
      return { type: 'bidi', handler };
    }
  }
}

/** Unary and client streaming: one answer. */
function answerOnce<Call extends GrpcCall>(
  method: DescMethod,
  { scheme, log }: Surroundings,
  run: (call: Call, context: GrpcContext) => Promise<Answer> | Answer,
) {
  return async (call: Call, respond: sendUnaryData<Message>): Promise<void> => {
    const context = new GrpcContext(method, call, scheme);
    try {
      const answer = create(method.output, await run(call, context));
      respond(null, answer, context.finish());
    } catch (reason) {
      respond(failureOf(reason, call, context, log));
    }
  };
}

/** Server streaming and bidi: any number of answers, as fast as the client takes them. */
function answerMany<Call extends ResponseStream>(
  method: DescMethod,
  { scheme, log }: Surroundings,
  run: (call: Call, context: GrpcContext) => AsyncIterable<Answer>,
) {
  return async (call: Call): Promise<void> => {
    const context = new GrpcContext(method, call, scheme);
    try {
      for await (const answer of run(call, context)) {
        context.sendHeader();
        if (!call.write(create(method.output, answer)) && !call.destroyed) await writable(call);
        // Leaving the loop runs the method's `finally` blocks.
        if (call.cancelled) break;
      }
      call.end(context.finish());
    } catch (reason) {
      call.emit('error', failureOf(reason, call, context, log));
    }
  };
}

/** Resolves when a full stream takes messages again, or never will. */
function writable(call: ResponseStream): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = () => {
    call.off('drain', done);
    call.off('close', done);
    resolve();
  };
  call.on('drain', done);
  call.on('close', done);
  return promise;
}

/** The client's messages, each taken from the wire when the method asks for it; one is read ahead. */
function requestsOf(call: RequestStream, context: GrpcContext): AsyncIterable<Message> {
  // Sixteen would be, as of any stream of objects, each of up to 17 MiB; grpc-js leaves no choice.
  Reflect.get(call, '_readableState').highWaterMark = 1;
  // A bidi call answers through the same stream, so it must outlive a method that stops reading.
  return wholeStream(messagesOf(call.iterator({ destroyOnReturn: false })), context.signal);
}

async function* messagesOf(received: AsyncIterable<Received>): AsyncGenerator<Message> {
  for await (const one of received) yield requireRead(one);
}

function failureOf(reason: unknown, call: GrpcCall, context: GrpcContext, log: Logger): StatusObject {
  const trailer = context.finish();
  if (reason instanceof ConnectError) return statusOf(reason, trailer);
  if (!call.cancelled) log.error({ err: reason, rpc: call.getPath() }, 'a method failed unexpectedly');
  return statusOf(explain(new ConnectError('internal error', Code.Internal)), trailer);
}
