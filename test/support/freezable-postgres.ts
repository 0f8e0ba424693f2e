import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres.ts';
import { makeClusterFolder } from './cluster-folder.ts';
import { childrenOf } from './processes.ts';

/** A server of one's own that can stop answering: its connections stay, and what is sent to it waits in the kernel. */
export interface FreezablePostgres extends AsyncDisposable {
  readonly url: string;
  /** Of the process that takes connections, and passes on requests to cancel something. */
  readonly pid: number;
  /** Freezes all its processes, or those given, until {@link thaw}. */
  freeze(...pids: readonly number[]): Promise<void>;
  /** Lets all go on that were frozen; may be called at any time. */
  thaw(): void;
}

export async function startFreezablePostgres(): Promise<FreezablePostgres> {
  await using undo = new AsyncDisposableStack();
  const folder = await makeClusterFolder('freezable');
  undo.defer(() => rm(folder, { recursive: true }));
  const log = { info() {}, debug() {} };
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), log, durable: false });
  undo.defer(() => server.stop());

  const frozen = new Set<number>();
  const stop = (pid: number) => {
    frozen.add(pid);
    process.kill(pid, 'SIGSTOP');
  };
  const thaw = () => {
    // Last of all the one that started the others: until then even those that had just ended keep their ids.
    for (const pid of [...frozen].reverse()) process.kill(pid, 'SIGCONT');
    frozen.clear();
  };
  undo.defer(thaw);
  const stack = undo.move();
  return {
    url: server.url,
    pid: server.pid,
    async freeze(...pids) {
      for (const pid of pids) stop(pid);
      if (pids.length > 0) return;
      // First of all the one that starts others.
      stop(server.pid);
      for (const pid of await childrenOf(server.pid)) stop(Number(pid));
    },
    thaw,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
