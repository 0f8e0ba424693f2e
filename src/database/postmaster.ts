import { execFileSync } from 'node:child_process';
import { readFileSync, unlinkSync } from 'node:fs';
import { platform } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isErrno } from './data-directory.ts';

/** A PostgreSQL server process. */
export interface Postmaster {
  readonly pid: number;
  /** Process id of the service that started it; undefined when something else did. */
  readonly owner: number | undefined;
  /** That service is gone. */
  readonly orphaned: boolean;
}

/**
 * Server option that carries the process id of the service. On the command line whoever sees the server sees
 * its owner too, from the first moment on, and nothing can be out of date as a file of our own could.
 */
export function ownerOption(pid: number): string {
  return `lightning_projects.owner=${pid}`;
}

/** PostgreSQL's own lock on a cluster. */
export interface LockFile {
  readonly text: string;
  /** NaN while the file is empty. */
  readonly pid: number;
  /** The server accepts connections. */
  readonly ready: boolean;
}

/** Undefined: no server has the cluster. With a lock file, one has or had. */
export function readLockFile(cluster: string): LockFile | undefined {
  try {
    const text = readFileSync(lockFileOf(cluster), 'utf8');
    const lines = text.split('\n');
    return { text, pid: Number.parseInt(lines[0] ?? '', 10), ready: lines[7]?.trim() === 'ready' };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Removes a lock file, provided that it still says what it said when it was judged. */
export function removeLockFile(cluster: string, judged: LockFile): void {
  if (readLockFile(cluster)?.text === judged.text) unlinkSync(lockFileOf(cluster));
}

function lockFileOf(cluster: string): string {
  return join(cluster, 'postmaster.pid');
}

/** The server with that process id; undefined when the process has ended or is another program. */
export function findPostmaster(pid: number): Postmaster | undefined {
  const found = inspect(pid);
  // A server's own children call themselves `postgres: checkpointer` and so on.
  if (found === undefined || !/(^|\/)postgres( |$)/.test(found.command)) return undefined;
  const owner = /lightning_projects\.owner=(\d+)/.exec(found.command)?.[1];
  if (owner === undefined) return { pid, owner: undefined, orphaned: false };
  // The kernel gives the children of a process that died to another one, also before its pid is used again.
  return { pid, owner: Number(owner), orphaned: found.parent !== Number(owner) };
}

function inspect(pid: number): { parent: number; command: string } | undefined {
  try {
    if (platform() === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // pid (name) state parent …: the name may hold blanks and brackets.
      const parent = stat.slice(stat.lastIndexOf(')')).split(' ')[2];
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return { parent: Number(parent), command: command.trimEnd() };
    }
    const line = execFileSync('ps', ['-o', 'ppid=,command=', '-p', String(pid)], { encoding: 'utf8' });
    const [, parent, command = ''] = /^\s*(\d+)\s+(.*)/.exec(line) ?? [];
    return { parent: Number(parent), command };
  } catch {
    return undefined;
  }
}

const patienceMs = { SIGINT: 5_000, SIGQUIT: 2_000, SIGKILL: 1_000 };

/**
 * Ends a server: first by the shutdown that disconnects clients and writes everything to disk, then by harder
 * means, after which the next start recovers from the write-ahead log. At most 8 seconds.
 *
 * @returns whether it ended.
 */
export async function endPostmaster(pid: number, hasEnded: () => boolean): Promise<boolean> {
  for (const [signal, patience] of Object.entries(patienceMs)) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (isErrno(error, 'EPERM')) return false;
      if (!isErrno(error, 'ESRCH')) throw error;
    }
    for (const deadline = Date.now() + patience; Date.now() < deadline; await delay(10)) {
      if (hasEnded()) return true;
    }
  }
  return false;
}
