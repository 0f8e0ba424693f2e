import type { DescMethod, DescService, Message, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { Call } from '../call/call.ts';
import { Failure } from '../call/failure.ts';
import { waitingFor } from '../database/cancellation.ts';
import { toConnectError } from './errors.ts';
import { isLarge } from './large-requests.ts';
import type { Interceptor, OpenCall } from './open-call.ts';
import { patiently } from './patiently.ts';

/** What an RPC's file exports, by the kind of its method. */
export type Rpc<M extends DescMethod> = M['methodKind'] extends 'unary'
  ? (request: MessageShape<M['input']>, call: Call) => Promise<MessageInitShape<M['output']>>
  : M['methodKind'] extends 'server_streaming'
    ? (request: MessageShape<M['input']>, call: Call) => AsyncIterable<MessageInitShape<M['output']>>
    : M['methodKind'] extends 'client_streaming'
      ? (
          requests: AsyncIterable<MessageShape<M['input']>>,
          call: Call,
        ) => Promise<MessageInitShape<M['output']>>
      : never;

/** A service's RPCs; one that is left out answers UNIMPLEMENTED, to whoever has a valid token. */
export type Rpcs<S extends DescService> = { readonly [M in keyof S['method']]?: Rpc<S['method'][M]> };

export interface Pipeline {
  readonly interceptors: readonly Interceptor[];
  /** Whether a token needs no look any more, and what {@link gate} asks otherwise. */
  readonly gate: {
    readonly knows: (authorization: string | null) => boolean;
    readonly interceptors: readonly Interceptor[];
  };
  /** Begins a call: everything that the interceptors fill in later is still empty. */
  readonly open: (descriptor: DescMethod, context: HandlerContext) => OpenCall;
  /** What an RPC's file gets to see of a call that passed the interceptors. */
  readonly call: (open: OpenCall) => Call;
  /** The same call elsewhere, where what it failed with may not happen; undefined when there is no such place. */
  readonly again: (open: OpenCall, call: Call, error: unknown) => Call | undefined;
  /** Milliseconds within which a client must take each message of a stream. */
  readonly slowConsumerMs: number;
}

/** Puts a service's RPCs behind the interceptors; both listeners serve what comes out. */
export function implement<S extends DescService>(
  service: S,
  rpcs: Rpcs<S>,
  pipeline: Pipeline,
): Partial<ServiceImpl<S>> {
  const methods: Record<string, unknown> = {};
  for (const descriptor of service.methods) {
    const rpc: unknown = Reflect.get(rpcs, descriptor.localName);
    methods[descriptor.localName] =
      typeof rpc === 'function'
        ? wrap(descriptor, rpc as AnyRpc, pipeline)
        : wrap(descriptor, unimplemented, withoutMessages(pipeline));
  }
  // Built by walking the descriptor: the names and kinds are the service's own.
  return methods as Partial<ServiceImpl<S>>;
}

/** The same for what a listener serves beside the services: it passes for an RPC and may answer something else. */
export function intercepted<M extends DescMethod, Answer extends Promise<unknown> | AsyncIterable<unknown>>(
  method: M,
  rpc: (request: MessageShape<M['input']>, call: Call) => Answer,
  pipeline: Pipeline,
): (request: MessageShape<M['input']>, context: HandlerContext) => Answer {
  // What comes out is of the method's own kind, and hands on what the RPC answers.
  return wrap(method, rpc as AnyRpc, pipeline) as ReturnType<typeof intercepted<M, Answer>>;
}

/**
 * What listeners ask before they read a call's message; throws for a call that is not to be. The context's signal has to
 * abort when the call is over.
 */
export type Gate = (
  method: DescMethod,
  authorization: string | null,
  context: () => HandlerContext,
) => void | Promise<void>;

/**
 * Refuses calls by their headers alone: nobody without a valid token makes this process receive and parse a message. A
 * call that passes is none yet. One with a large request waits here until few others are received.
 */
export function gate(pipeline: Pipeline): Gate {
  return (method, authorization, context) =>
    pipeline.gate.knows(authorization) && !isLarge(method)
      ? undefined
      : received(context(), async () => {}, pipeline);
}

/**
 * The same for a message that `receive` reads behind the gate: what it fails with is logged, counted and told as what the
 * call was refused for.
 */
export async function received<T>(
  context: HandlerContext,
  receive: () => Promise<T>,
  pipeline: Pipeline,
): Promise<T> {
  const asked = { ...pipeline, interceptors: pipeline.gate.interceptors };
  const open = asked.open(context.method, context);
  try {
    await begin(open, asked);
    return await receive();
  } catch (error) {
    throw fail(open, asked, error);
  } finally {
    open.timeLimit?.end(open);
  }
}

function unimplemented(_request: AnyRequest, { method }: Call): never {
  throw new Failure(
    'unimplemented',
    'METHOD_UNIMPLEMENTED',
    `${method} is part of the contract and not there yet`,
  );
}

/** Of a method that is not there no request needs to be looked at. */
function withoutMessages(pipeline: Pipeline): Pipeline {
  return { ...pipeline, interceptors: pipeline.interceptors.filter(({ message }) => message === undefined) };
}

type AnyRequest = Message | AsyncIterable<Message>;
type AnyRpc = (request: AnyRequest, call: Call) => unknown;

function wrap(descriptor: DescMethod, rpc: AnyRpc, pipeline: Pipeline): unknown {
  switch (descriptor.methodKind) {
    case 'unary':
      return (request: Message, context: HandlerContext) =>
        run(descriptor, context, pipeline, async (open) => {
          await hear(open, request, 0, pipeline);
          const call = pipeline.call(open);
          try {
            return await rpc(request, call);
          } catch (error) {
            const again = pipeline.again(open, call, error);
            if (again === undefined) throw error;
            return await rpc(request, again);
          }
        });
    case 'client_streaming':
      return (requests: AsyncIterable<Message>, context: HandlerContext) =>
        run(descriptor, context, pipeline, async (open) => {
          const heard = await hearFirst(open, requests, pipeline);
          return await rpc(heard, pipeline.call(open));
        });
    case 'server_streaming':
      return (request: Message, context: HandlerContext) =>
        stream(descriptor, rpc, request, context, pipeline);
    case 'bidi_streaming':
      throw new Error(`${descriptor.name}: the contract has no bidirectional streams`);
  }
}

async function run<T>(
  descriptor: DescMethod,
  context: HandlerContext,
  pipeline: Pipeline,
  work: (open: OpenCall) => Promise<T>,
): Promise<T> {
  const open = pipeline.open(descriptor, context);
  try {
    await begin(open, pipeline);
    const result = await work(open);
    end(open, pipeline);
    return result;
  } catch (error) {
    throw fail(open, pipeline, error);
  }
}

async function* stream(
  descriptor: DescMethod,
  rpc: AnyRpc,
  request: Message,
  context: HandlerContext,
  pipeline: Pipeline,
): AsyncGenerator<unknown> {
  const open = pipeline.open(descriptor, context);
  let over = false;
  try {
    await begin(open, pipeline);
    await hear(open, request, 0, pipeline);
    const messages = streamed(rpc, request, open, pipeline);
    for await (const message of patiently(messages, pipeline.slowConsumerMs)) yield* delivered(message, open);
    over = true;
    end(open, pipeline);
  } catch (error) {
    over = true;
    throw fail(open, pipeline, error);
  } finally {
    if (!over) fail(open, pipeline, departure(open));
  }
}

/** A stream's messages, as the call gets them elsewhere where it fails before the first: nothing was sent by then. */
async function* streamed(
  rpc: AnyRpc,
  request: Message,
  open: OpenCall,
  pipeline: Pipeline,
): AsyncGenerator<unknown> {
  // The contract's types say that a server streaming RPC returns an async iterable.
  const messagesOf = (call: Call) => rpc(request, call) as AsyncIterable<unknown>;
  const call = pipeline.call(open);
  let hasBegun = false;
  try {
    for await (const message of messagesOf(call)) {
      hasBegun = true;
      yield message;
    }
  } catch (error) {
    const again = hasBegun ? undefined : pipeline.again(open, call, error);
    if (again === undefined) throw error;
    yield* messagesOf(again);
  }
}

/** One message to the client: what the listener throws back is no fault of the method, nor of the service. */
function* delivered(message: unknown, open: OpenCall): Generator<unknown> {
  try {
    yield message;
  } catch (cause) {
    throw departure(open, cause);
  }
}

/** Why a stream ends before its end: whatever the socket says of it, the client left, unless its time was up. */
function departure({ signal }: OpenCall, cause?: unknown): ConnectError {
  const { reason } = signal;
  if (reason instanceof ConnectError && reason.code === Code.DeadlineExceeded) return reason;
  return new ConnectError('the client left', Code.Canceled, undefined, undefined, cause);
}

async function begin(open: OpenCall, { interceptors }: Pipeline): Promise<void> {
  for (const interceptor of interceptors) {
    const pending = interceptor.begin?.(open);
    if (pending !== undefined) await pending;
  }
}

async function hear(
  open: OpenCall,
  message: Message,
  index: number,
  { interceptors }: Pipeline,
): Promise<void> {
  for (const interceptor of interceptors) {
    const pending = interceptor.message?.(open, message, index);
    if (pending !== undefined) await pending;
  }
}

/** Hears the first message at once, so that nothing is read from somebody who is not allowed to send it. */
async function hearFirst(
  open: OpenCall,
  messages: AsyncIterable<Message>,
  pipeline: Pipeline,
): Promise<AsyncIterable<Message>> {
  const iterator = messages[Symbol.asyncIterator]();
  // A client that sends nothing does not keep the call from its end.
  const take = () => waitingFor(open.signal, () => iterator.next());
  const first = await take();
  if (first.done) throw new Failure('invalid_argument', 'EMPTY_STREAM', 'the stream holds no message');
  await hear(open, first.value, 0, pipeline);
  return {
    async *[Symbol.asyncIterator]() {
      try {
        yield first.value;
        for (let index = 1; ; index += 1) {
          const next = await take();
          if (next.done) return;
          await hear(open, next.value, index, pipeline);
          yield next.value;
        }
      } finally {
        const left = iterator.return?.();
        if (!open.signal.aborted) await left;
        else left?.catch(() => {});
      }
    },
  };
}

function end(open: OpenCall, { interceptors }: Pipeline): void {
  for (const interceptor of interceptors) interceptor.end?.(open, undefined, undefined);
}

function fail(open: OpenCall, { interceptors }: Pipeline, cause: unknown) {
  const error = toConnectError(cause, open.requestId, open.context.protocolName);
  for (const interceptor of interceptors) interceptor.end?.(open, error, cause);
  return error;
}
