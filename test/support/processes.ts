import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where every command runs: the root of the repository. */
export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** For the environment of programs that start again and again, and of the tests: it halves the time of a start. */
export const compiledOnce = { NODE_COMPILE_CACHE: join(repository, 'node_modules/.cache/compiled') };

/** How a process ended. */
export interface Ending {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningProcess extends AsyncDisposable {
  readonly pid: number;
  /** What it wrote so far. */
  readonly stdout: string;
  readonly stderr: string;
  readonly ended: Promise<Ending>;
  /** Resolves with the first match in what it writes; rejects when it ends without. */
  wrote(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
}

export interface ProcessOptions {
  /** Its whole environment beside PATH and HOME: what the developer has set must not reach it. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whom it runs as, if not as whom the tests do. */
  readonly account?: { readonly uid: number; readonly gid: number } | undefined;
}

/**
 * Starts a command in the root of the repository, with an input that stays open and says nothing. Disposing
 * of it kills it, if it still runs, and waits.
 */
export function start(
  command: string,
  args: readonly string[],
  options: ProcessOptions = {},
): RunningProcess {
  const { PATH = '', HOME = '/' } = process.env;
  const child = spawn(command, args, {
    ...options.account,
    cwd: repository,
    env: { PATH, HOME, ...compiledOnce, ...options.env },
  });
  const output = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      for (const listener of listeners) listener();
    });
  }
  const ended = endOf(child).then((code) => ({ code, ...output }));
  return {
    pid: child.pid ?? Number.NaN,
    get stdout() {
      return output.stdout;
    },
    get stderr() {
      return output.stderr;
    },
    ended,
    wrote(pattern) {
      const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
      const look = () => {
        const match = pattern.exec(output.stdout) ?? pattern.exec(output.stderr);
        if (match !== null) resolve(match);
      };
      listeners.add(look);
      look();
      void ended.then((ending) => reject(new Error(`ended without ${pattern}: ${JSON.stringify(ending)}`)));
      return promise.finally(() => listeners.delete(look));
    },
    kill: (signal) => child.kill(signal),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Runs a command to its end. */
export async function run(
  command: string,
  args: readonly string[],
  options?: ProcessOptions,
): Promise<Ending> {
  return await start(command, args, options).ended;
}

function endOf(child: ChildProcess): Promise<number | null> {
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject);
  child.once('close', resolve);
  return promise;
}

/** Processes that a process started and that still run; reads /proc, so on Linux only. */
export async function childrenOf(pid: number): Promise<string[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.split(' ').filter((child) => child !== '');
}
