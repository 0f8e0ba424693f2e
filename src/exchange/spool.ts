import { createHash, randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../call/failure.ts';
import type { DocumentSource } from './document-source.ts';

/** A document on disk: one that came as a stream and is read more than once, or one that is still to be sent. */
export interface Spool extends AsyncDisposable {
  write(chunk: Uint8Array): Promise<void>;
  /** What was written so far; to be read before the spool is disposed of. */
  source(): DocumentSource;
  /** Bytes that were written. */
  size(): number;
  /** SHA-256 of what was written, hexadecimal. */
  digest(): string;
}

/**
 * Opens an empty spool that only this user can read. Its file loses its name at once, so that nothing of a document
 * is left in the folder of temporary files however this process ends; disposing of it frees the space.
 *
 * It and its writing throw a {@link Failure} when that folder is full or cannot be written to.
 */
export async function openSpool(): Promise<Spool> {
  const path = join(tmpdir(), `lightning-projects-import-${randomUUID()}`);
  const file = await kept(open(path, 'wx+', 0o600));
  await rm(path);
  const hash = createHash('sha256');
  let size = 0;
  return {
    async write(chunk) {
      hash.update(chunk);
      await kept(file.appendFile(chunk));
      size += chunk.length;
    },
    source: () => ({ fd: file.fd, size }),
    size: () => size,
    digest: () => hash.copy().digest('hex'),
    [Symbol.asyncDispose]: () => file.close(),
  };
}

/** What the disk refuses is the fault neither of the document nor of the program: there may be room again, or elsewhere. */
async function kept<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const message = 'the document cannot be kept on disk at the moment; try again';
    throw new Failure('unavailable', 'SPOOL_UNAVAILABLE', message, { retryAfterMs: 1000, cause });
  }
}
