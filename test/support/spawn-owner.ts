import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('./postgres-owner.ts', import.meta.url));

/** What `postgres-owner.ts` writes. */
export interface OwnerLine {
  readonly url?: string;
  readonly server?: number;
  readonly refused?: string;
  readonly answer?: unknown;
}

export interface Owner {
  readonly pid: number;
  /** Fails when the process ends without writing another line. */
  nextLine(): Promise<OwnerLine>;
  /** SIGKILL, and waits for its end; also when it has ended already. */
  kill(): Promise<void>;
  readonly exited: Promise<unknown>;
}

/** Starts `postgres-owner.ts` on a data directory, in a process group of its own. */
export function spawnOwner(dataDir: string): Owner {
  const child = spawn(process.execPath, [script, dataDir], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    pid: child.pid ?? Number.NaN,
    exited,
    async nextLine() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`the owner of ${dataDir} ended without a word`);
      return JSON.parse(value);
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Process ids of the keepers of a server; reads /proc, so on Linux only. */
export function keepersOf(server: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => commandLine(pid).endsWith(`\0keeper\0${server}\0`));
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // It ended meanwhile.
    return '';
  }
}
