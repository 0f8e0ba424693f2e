/** The program of a thread that reads documents, one after the other; see `reading.ts`. */
import { on } from 'node:events';
import { parentPort } from 'node:worker_threads';
import { bytesOf } from './document-source.ts';
import { readDocument } from './read-document.ts';
import type { DocumentPart } from './read-parts.ts';
import type { FromThread, ThreadInput } from './reading.ts';

/** Parts are sent together that are read within so many milliseconds, and at most so many of them. */
const BATCH_MS = 10;
const BATCH_PARTS = 100;

if (parentPort === null) throw new Error('this is the program of a thread');
const port = parentPort;
const send = (message: FromThread) => port.postMessage(message);
const messages = on(port, 'message');

async function read({ source, options }: ThreadInput): Promise<void> {
  let parts: DocumentPart[] = [];
  let start = performance.now();
  for await (const part of readDocument(bytesOf(source), options)) {
    parts.push(part);
    if (parts.length < BATCH_PARTS && performance.now() - start < BATCH_MS) continue;
    send({ parts, isLast: false });
    parts = [];
    // Nothing but `more` comes before the document has ended.
    await messages.next();
    start = performance.now();
  }
  send({ parts, isLast: true });
}

for await (const [input] of messages) await read(input);
