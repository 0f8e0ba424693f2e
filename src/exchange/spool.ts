import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Bytes that are read at once. */
const READ_BYTES = 256 * 1024;

/** A document on disk: it came as a stream and is read more than once. */
export interface Spool extends AsyncDisposable {
  write(chunk: Uint8Array): Promise<void>;
  /** Reads what was written so far from its start. */
  open(): AsyncIterable<Uint8Array>;
  /** Bytes that were written. */
  size(): number;
  /** SHA-256 of what was written, hexadecimal. */
  digest(): string;
}

/**
 * Opens an empty spool that only this user can read. Its file loses its name at once, so that nothing of a document
 * is left in the folder of temporary files however this process ends; disposing of it frees the space.
 */
export async function openSpool(): Promise<Spool> {
  const path = join(tmpdir(), `lightning-projects-import-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await rm(path);
  const hash = createHash('sha256');
  let size = 0;
  return {
    async write(chunk) {
      hash.update(chunk);
      await file.appendFile(chunk);
      size += chunk.length;
    },
    open: () => read(file),
    size: () => size,
    digest: () => hash.copy().digest('hex'),
    [Symbol.asyncDispose]: () => file.close(),
  };
}

/** Not a stream of the file's own: once one was left half-way, the file gives no other. */
async function* read(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
