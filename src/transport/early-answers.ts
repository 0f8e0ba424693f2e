import type { ServerHttp2Stream } from 'node:http2';
import type { Server } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { hearStreamsWhileOpen } from './created-streams.ts';

/**
 * Resets, without an error, the stream of each HTTP/2 call of this process that is answered before its client has sent
 * everything, while a server listens (RFC 9113, section 8.1). grpc-js leaves it to the client to end its side; some never
 * do, and each such stream takes one of the calls that their connection may have open, until none is left.
 */
export function endEarlyAnswersWhileOpen(server: Server): void {
  hearStreamsWhileOpen(server, ({ stream }) => {
    stream.once('wantTrailers', () => void endUnlessWhole(stream, () => true));
    // Without trailers. With them there is more to come.
    stream.once('finish', () => void endUnlessWhole(stream, () => stream.state.localClose === 1));
  });
}

async function endUnlessWhole(stream: ServerHttp2Stream, isAnswered: () => boolean): Promise<void> {
  if (stream.readableEnded) return;
  // Trailers are handed over in this turn and sent in the next one; a reset is sent behind them.
  await turn();
  await turn();
  if (!stream.readableEnded && !stream.destroyed && !stream.closed && isAnswered()) stream.close();
}
