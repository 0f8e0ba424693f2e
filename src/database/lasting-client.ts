import { Client, type ClientConfig } from 'pg';

declare module 'pg' {
  interface ClientBase {
    /** What a session begins with; the declarations leave it out, and `pg` no other way to add to it. */
    getStartupConf(): Readonly<Record<string, string>>;
  }
}

/** Milliseconds of silence after which the system asks the other side whether it is there. Ten seconds later it knows. */
const SILENCE_MS = 10_000;

/**
 * A connection whose loss ends what runs on it and not the process, as an 'error' event without a listener would.
 * Whoever holds one may listen too. One that the network forgets while an answer is waited for is lost in half a minute.
 *
 * Its promises are its own. `pg` gives a query the callback that settles its promise when the query exists already, and
 * for V8 what such a callback leads to, the rows, then lives until a major collection: reading 100 MB made the heap grow
 * by 100 MB, and minor collections took ten times as long. Rows that come through a callback given at once do not.
 */
export class LastingClient extends Client {
  constructor(config?: ClientConfig) {
    super({ keepAlive: true, keepAliveInitialDelayMillis: SILENCE_MS, ...config });
    this.on('error', () => {});
    // Looked up at each call, so that whoever listens in on pg's own method hears of every statement.
    const query = (...parameters: Parameters<Client['query']>) => super.query(...parameters);
    this.query = withOwnPromise(query as Query);
  }

  /**
   * Sessions run in UTC and write dates as ISO does, whatever is set for the role or the database. As parameters of their
   * own and not among the `options`, a pooler takes them too, and gives each client a server's session that has them.
   */
  override getStartupConf(): Readonly<Record<string, string>> {
    return { ...super.getStartupConf(), TimeZone: 'UTC', DateStyle: 'ISO, MDY' };
  }
}

type Query = Client['query'];

/** The same function, which waits for a callback's answer where the caller wants a promise. */
function withOwnPromise(query: Query): Query {
  // The overloads differ only in what they answer, and that is handed on as it comes.
  const run = query as (...parameters: readonly unknown[]) => unknown;
  const own = (...parameters: readonly unknown[]) => {
    if (parameters.some(answersByItself)) return run(...parameters);
    return new Promise((resolve, reject) => {
      run(...parameters, (error: Error | null, result: unknown) =>
        error === null ? resolve(result) : reject(error),
      );
    }).catch((error: unknown) => {
      // As `pg` does: a stack that leads to whoever asked, and not to the socket.
      if (error instanceof Error) Error.captureStackTrace(error);
      throw error;
    });
  };
  return own as Query;
}

/** A callback, or an object such as a cursor that is told by itself what comes. */
function answersByItself(parameter: unknown): boolean {
  if (typeof parameter === 'function') return true;
  return typeof parameter === 'object' && parameter !== null && 'submit' in parameter;
}
