/** The program of a thread that reads one document; see `reading.ts`. */
import { on } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
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
const asked = on(port, 'message');

const { source, options }: ThreadInput = workerData;
let batch: DocumentPart[] = [];
let start = performance.now();
for await (const part of readDocument(bytesOf(source), options)) {
  batch.push(part);
  if (batch.length < BATCH_PARTS && performance.now() - start < BATCH_MS) continue;
  send(batch);
  batch = [];
  await asked.next();
  start = performance.now();
}
send(batch);
send('end');
port.close();
