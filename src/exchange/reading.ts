import { on } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Call } from '../call/call.ts';
import { FairPlaces } from '../database/fair-places.ts';
import { bytesOf, type DocumentSource, sizeOf } from './document-source.ts';
import { IdleThreads } from './idle-threads.ts';
import { type ReadOptions, readDocument } from './read-document.ts';
import type { DocumentPart } from './read-parts.ts';

/** What a thread is told to read; `more` asks for what follows the parts that it has sent. */
type ToThread = ThreadInput | 'more';

export interface ThreadInput {
  readonly source: DocumentSource;
  readonly options: ReadOptions;
}

/** Parts in their order. */
export interface FromThread {
  readonly parts: readonly DocumentPart[];
  /** The document has ended, and the thread can read another one. */
  readonly isLast: boolean;
}

/** Documents from this size on are read in a thread of their own: at its worst, parsing them would take half a second. */
const THREAD_SIZE = 128 * 1024;

/** Threads that read at once in this process, each with memory and a processor of its own. */
const threads = new FairPlaces(2);
const idleThreads = new IdleThreads();

/** A document that is open for reading. */
export interface Reading extends Disposable {
  /** The document's parts from its start; see `readDocument`. One reader at a time. */
  parts(): AsyncGenerator<DocumentPart>;
}

/**
 * Opens a document. Parsing keeps a processor busy: a large one is parsed in a thread of its own, so that this one goes
 * on answering other calls, and holds one of a few places for that until it is disposed of.
 *
 * @param call whose signal ends the waiting for a place, and the reading
 */
export async function openReading(
  source: DocumentSource,
  options: ReadOptions,
  { principal, signal }: Pick<Call, 'principal' | 'signal'>,
): Promise<Reading> {
  if (sizeOf(source) < THREAD_SIZE) {
    return { parts: () => readDocument(bytesOf(source), options), [Symbol.dispose]() {} };
  }
  const place = await threads.take(principal, signal);
  return {
    parts: () => readInThread({ source, options }, signal),
    [Symbol.dispose]: () => place[Symbol.dispose](),
  };
}

async function* readInThread(input: ThreadInput, signal: AbortSignal): AsyncGenerator<DocumentPart> {
  const thread = idleThreads.take() ?? startThread();
  const say = (message: ToThread) => thread.postMessage(message);
  let hasEnded = false;
  try {
    say(input);
    for await (const [message] of on(thread, 'message', { signal, close: ['exit'] })) {
      const { parts, isLast }: FromThread = message;
      hasEnded = isLast;
      // It reads on while these are used.
      if (!isLast) say('more');
      yield* parts;
      if (isLast) return;
    }
    throw new Error('the thread that reads a document ended before the document');
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    if (hasEnded) idleThreads.keep(thread);
    else await thread.terminate();
  }
}

function startThread(): Worker {
  const url = new URL(`./reading-thread${extname(import.meta.filename)}`, import.meta.url);
  const thread = new Worker(url);
  // Whoever reads hears of it, and afterwards it concerns nobody.
  thread.on('error', () => {});
  thread.once('exit', () => idleThreads.forget(thread));
  return thread;
}
