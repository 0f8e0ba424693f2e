import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { LastingClient } from '../database/lasting-client.ts';
import { EVENTS_CHANNEL } from '../database/wake-readers.ts';

/** Milliseconds that connecting and listening may take, and from the loss of a connection to the next one. */
const ANSWER_MS = 2000;
const AGAIN_MS = 1000;

/** Told of events. */
export interface EventEar {
  /** Some were committed. */
  heard(): void;
  /** Whether commits are heard from now on. */
  listening(isListening: boolean): void;
}

/**
 * Listens until `signal` aborts, over a connection of its own, and connects again whenever that is lost.
 *
 * @param url a server's own address: behind a pooler of transactions nothing can be listened to
 */
export async function hearEvents(url: string, signal: AbortSignal, ear: EventEar): Promise<void> {
  while (!signal.aborted) {
    await listenOnce(url, signal, ear).catch(() => {});
    ear.listening(false);
    await pause(AGAIN_MS, undefined, { signal }).catch(() => {});
  }
}

async function listenOnce(url: string, signal: AbortSignal, ear: EventEar): Promise<void> {
  const client = new LastingClient({
    connectionString: url,
    application_name: 'lightning-projects events',
    connectionTimeoutMillis: ANSWER_MS,
    query_timeout: ANSWER_MS,
  });
  try {
    await client.connect();
    const lost = once(client, 'end', { signal });
    lost.catch(() => {});
    client.on('notification', () => ear.heard());
    await client.query(`listen ${EVENTS_CHANNEL}`);
    ear.listening(true);
    // What was committed before.
    ear.heard();
    await lost;
  } finally {
    await client.end();
  }
}
