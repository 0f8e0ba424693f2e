import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { sqlState, violatedConstraint } from '../../../src/database/sql-state.ts';

/** A connection whose statements run in their order, each when the one before has ended. */
export interface Session {
  /** Sends a statement; resolves when it has ended, or waits for a lock that another session holds. */
  start(statement: string): Promise<void>;
  /** Resolves when all that was sent has ended. */
  end(): Promise<void>;
  /** What the first statement that failed since the last `begin` failed with. */
  readonly failure: unknown;
}

export interface Sessions extends AsyncDisposable {
  readonly all: readonly Session[];
}

/** Opens several sessions, and one more that watches what they wait for. */
export async function openSessions(url: string, count: number): Promise<Sessions> {
  await using undo = new AsyncDisposableStack();
  const connect = async () => {
    const client = new pg.Client(url);
    await client.connect();
    undo.defer(() => client.end());
    return client;
  };
  const watcher = await connect();
  const all: Session[] = [];
  for (let index = 0; index < count; index += 1) all.push(await session(await connect(), watcher));
  const open = undo.move();
  return { all, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

async function session(client: pg.Client, watcher: pg.Client): Promise<Session> {
  // A deadlock is found after a second by default, which is long when there are many.
  await client.query(`set deadlock_timeout = '5ms'`);
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const pid = rows[0]?.pid;
  let running = 0;
  let last: Promise<void> = Promise.resolve();
  let failure: unknown;

  async function waits(): Promise<boolean> {
    const { rows: found } = await watcher.query<{ waits: boolean }>(
      // The view would look at every other session as well.
      `select wait_event_type = 'Lock' as waits from pg_stat_get_activity($1)`,
      [pid],
    );
    return found[0]?.waits === true;
  }

  return {
    async start(statement) {
      if (statement.startsWith('begin')) failure = undefined;
      running += 1;
      last = last
        .then(() => client.query(statement))
        .then(
          () => {
            running -= 1;
          },
          (error: unknown) => {
            running -= 1;
            failure ??= error;
          },
        );
      // Most have ended by then and need not be looked at, which costs more than they do.
      await Promise.race([last, pause(2)]);
      while (running > 0 && !(await waits())) await pause(1);
    },
    async end() {
      await last;
    },
    get failure() {
      return failure;
    },
  };
}

/** How a session's transaction ended: undefined when it committed, else the violated constraint or the state. */
export function endOf({ failure }: Session): string | undefined {
  if (failure === undefined) return undefined;
  return violatedConstraint(failure) ?? sqlState(failure) ?? String(failure);
}
