import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A document on disk: it came as a stream and is read more than once. */
export interface Spool extends AsyncDisposable {
  write(chunk: Uint8Array): Promise<void>;
  /** Bytes written so far. */
  readonly size: number;
  /** Reads what was written so far from its start. */
  open(): AsyncIterable<Uint8Array>;
  /** SHA-256 of what was written, hexadecimal. */
  digest(): string;
}

/** Opens an empty spool in a folder of its own that only this user can enter; disposing of it deletes both. */
export async function openSpool(): Promise<Spool> {
  await using undo = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'lightning-projects-import-'));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'document');
  const file = await open(path, 'wx', 0o600);
  undo.defer(() => file.close());
  const hash = createHash('sha256');
  let size = 0;
  const stack = undo.move();
  return {
    async write(chunk) {
      hash.update(chunk);
      size += chunk.length;
      await file.appendFile(chunk);
    },
    get size() {
      return size;
    },
    open: () => createReadStream(path, { highWaterMark: 256 * 1024 }),
    digest: () => hash.copy().digest('hex'),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
