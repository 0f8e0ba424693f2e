import type { Client, ClientConfig } from 'pg';
import { LastingClient } from './lasting-client.ts';

/**
 * A connection to a pooler of transactions. The next statement may run in another session, which knows nothing of what
 * this one has prepared: the names of statements are left out, here and nowhere else.
 */
export class PooledClient extends LastingClient {
  constructor(config?: ClientConfig) {
    super(config);
    // The overloads differ only in what they answer, and that is handed on as it comes.
    const query = this.query as (...parameters: readonly unknown[]) => unknown;
    const unprepared = (first: unknown, ...rest: readonly unknown[]) => query(unnamed(first), ...rest);
    this.query = unprepared as Client['query'];
  }
}

function unnamed(query: unknown): unknown {
  if (typeof query !== 'object' || query === null || 'submit' in query || !('name' in query)) return query;
  return { ...query, name: undefined };
}
