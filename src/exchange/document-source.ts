import { read } from 'node:fs';
import { promisify } from 'node:util';

const readFile = promisify(read);

/** Bytes that are read at once. */
const READ_BYTES = 256 * 1024;

/** A document's text as it can be read more than once, and by other threads: in memory, or in an open file. */
export type DocumentSource = { readonly text: string } | { readonly fd: number; readonly size: number };

/** The bytes of a document, from its start. */
export async function* bytesOf(source: DocumentSource): AsyncGenerator<Uint8Array> {
  if ('text' in source) {
    yield Buffer.from(source.text);
    return;
  }
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await readFile(
      source.fd,
      Buffer.allocUnsafe(READ_BYTES),
      0,
      READ_BYTES,
      position,
    );
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** How long a document is: its bytes in a file, its UTF-16 units in memory, which are not more. */
export function sizeOf(source: DocumentSource): number {
  return 'text' in source ? source.text.length : source.size;
}
