import { createHash, randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DocumentSource } from './document-source.ts';

/** A document on disk: it came as a stream and is read more than once. */
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
    source: () => ({ fd: file.fd, size }),
    size: () => size,
    digest: () => hash.copy().digest('hex'),
    [Symbol.asyncDispose]: () => file.close(),
  };
}
