import { Failure } from '../call/failure.ts';

/**
 * A stream's messages, each of which the client must take within `patienceMs`. After that the stream is closed with
 * all that it holds, a snapshot of the database above all, and a client that comes back gets RESOURCE_EXHAUSTED
 * SLOW_CONSUMER in place of the next message.
 */
export async function* patiently<T>(messages: AsyncIterable<T>, patienceMs: number): AsyncGenerator<T> {
  const iterator = messages[Symbol.asyncIterator]();
  let isTooLate = false;
  const close = () => {
    isTooLate = true;
    // Whoever asks for the next message hears of it; what closing fails with is nothing to them.
    iterator.return?.().catch(() => {});
  };
  try {
    for (;;) {
      const next = await iterator.next();
      if (next.done) return;
      const timer = setTimeout(close, patienceMs);
      try {
        yield next.value;
      } finally {
        clearTimeout(timer);
      }
      if (isTooLate) throw slowConsumer(patienceMs);
    }
  } finally {
    await iterator.return?.();
  }
}

function slowConsumer(patienceMs: number): Failure {
  const message = `a message was not taken for more than ${patienceMs} ms, so the stream was closed; call again`;
  return new Failure('resource_exhausted', 'SLOW_CONSUMER', message);
}
