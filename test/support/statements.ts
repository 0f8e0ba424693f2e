import pg from 'pg';
import { vi } from 'vitest';

/**
 * The statements that this process sends over the connections of calls while `work` runs, literals blanked out.
 * What the service asks by itself, for its health, goes over others and is left out; so is the word to the readers of
 * events, which follows a change whenever it may. A service with the role worker may have a job of the clock in between.
 */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const query = vi.spyOn(pg.Client.prototype, 'query');
  try {
    await work();
    const { calls, contexts } = query.mock;
    return calls
      .filter((_, index) => isOfCalls(contexts[index]))
      .map(([config]: unknown[]) => textOf(config).replaceAll(/'[^']*'/g, '?'))
      .filter((text) => !text.startsWith('select pg_notify('));
  } finally {
    query.mockRestore();
  }
}

/** The declarations of `pg` leave out what a connection was opened with. */
function isOfCalls(client: unknown): boolean {
  return property(property(client, 'connectionParameters'), 'application_name') === 'lightning-projects';
}

function textOf(config: unknown): string {
  return String(typeof config === 'string' ? config : property(config, 'text'));
}

function property(object: unknown, name: string): unknown {
  return typeof object === 'object' && object !== null ? Reflect.get(object, name) : undefined;
}
