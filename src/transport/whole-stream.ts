import { setTimeout } from 'node:timers/promises';
import { ConnectError, type Interceptor } from '@connectrpc/connect';

/**
 * Milliseconds to wait for a reset behind the end of a stream of requests. Node's HTTP/2 clients (grpc-js,
 * connect-node) cancel a call by ending its stream and resetting it right after, mostly in the same packet; a method
 * that took the end at its word would work with half of what the client meant to send.
 */
const RESET_RACE_MS = 5;

/**
 * A client's messages up to the end that it meant: when the call is cancelled instead, this throws why.
 *
 * @param signal the call's own
 */
export async function* wholeStream<T>(messages: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  try {
    yield* messages;
    await setTimeout(RESET_RACE_MS);
  } catch (error) {
    // The socket's own error says only that it closed too early.
    throw signal.aborted ? ConnectError.from(signal.reason) : error;
  }
  if (signal.aborted) throw ConnectError.from(signal.reason);
}

/** {@link wholeStream} for the methods behind Connect's handlers. */
export const wholeStreams: Interceptor = (next) => (request) => {
  if (!request.stream || request.method.methodKind === 'server_streaming') return next(request);
  return next({ ...request, message: wholeStream(request.message, request.signal) });
};
