import { setImmediate } from 'node:timers/promises';

/** Bytes of one chunk. */
const CHUNK_BYTES = 64 * 1024;

/** Joins and cuts texts to chunks of {@link CHUNK_BYTES}; the first text goes out by itself, for a quick first byte. */
export async function* inChunks(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  let waiting: Buffer[] = [];
  let size = 0;
  let enough = 1;
  for await (const text of texts) {
    const bytes = Buffer.from(text);
    waiting.push(bytes);
    size += bytes.length;
    if (size < enough) continue;
    yield* cut(Buffer.concat(waiting));
    // The rows that were asked for ahead come in, and other calls get their turn.
    await setImmediate();
    waiting = [];
    size = 0;
    enough = CHUNK_BYTES;
  }
  yield* cut(Buffer.concat(waiting));
}

function* cut(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}
