import { isDeepStrictEqual } from 'node:util';
import type { KafkaConfiguration } from '../exchange/document.ts';

/** A trigger's configuration as the database has it; its form is Lightning's. */
export type StoredKafka = Readonly<Record<string, unknown>>;

/** What of it a trigger signs in with: no document, snapshot or answer tells these. */
export const KAFKA_SECRETS: readonly string[] = ['username', 'password'];

/** Whether a host and its port can be told apart where documents show them as `host:port`. */
export function isKafkaHost(host: string, port: string): boolean {
  return host !== '' && port !== '' && !port.includes(':');
}

/** What of a stored configuration a document shows; null when that is nothing. */
export function shownKafka(stored: StoredKafka | null): KafkaConfiguration | null {
  if (stored === null) return null;
  const { hosts, topics, initial_offset_reset_policy: policy, connect_timeout: timeout } = stored;
  const shown = {
    hosts: list(hosts).map((pair) => {
      const [host, port] = list(pair);
      return [String(host), String(port)] as const;
    }),
    topics: list(topics).map(String),
    initialOffsetResetPolicy: typeof policy === 'string' ? policy : null,
    connectTimeout: typeof timeout === 'number' ? timeout : null,
  };
  const { hosts: pairs, topics: names, initialOffsetResetPolicy, connectTimeout } = shown;
  const isEmpty =
    pairs.length + names.length === 0 && initialOffsetResetPolicy === null && connectTimeout === null;
  return isEmpty ? null : shown;
}

/**
 * What to store for what a document says. What it never shows stays as it is stored: first of all what the trigger
 * signs in with.
 */
export function storedKafka(said: KafkaConfiguration | null, stored: StoredKafka | null): StoredKafka | null {
  if (isDeepStrictEqual(said, shownKafka(stored))) return stored;
  const {
    hosts: _hosts,
    topics: _topics,
    initial_offset_reset_policy: _policy,
    connect_timeout: _timeout,
    ...hidden
  } = stored ?? {};
  if (said === null) return Object.keys(hidden).length === 0 ? null : hidden;
  return {
    ...hidden,
    hosts: said.hosts.map(([host, port]) => [host, port]),
    topics: [...said.topics],
    ...(said.initialOffsetResetPolicy === null
      ? {}
      : { initial_offset_reset_policy: said.initialOffsetResetPolicy }),
    ...(said.connectTimeout === null ? {} : { connect_timeout: said.connectTimeout }),
  };
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
