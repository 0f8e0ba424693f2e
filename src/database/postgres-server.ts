import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Account } from './postgres-account.ts';
import { postgresEnvironment } from './postgres-cluster.ts';
import { endPostmaster, ownerOption, readLockFile } from './postmaster.ts';

/** `info` for whoever waits for the start, `debug` for what the server itself writes. */
export interface ServerLog {
  info(line: string): void;
  debug(line: string): void;
}

export interface ServerOptions {
  readonly postgres: string;
  readonly cluster: string;
  readonly port: number;
  readonly account: Account | undefined;
  /** Server settings by name. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly log: ServerLog;
}

/** A server that accepts connections. */
export interface Server {
  readonly pid: number;
  /** Resolves when it has ended, with how, and why as far as it said so. */
  readonly ended: Promise<string>;
  /** Ends it, if need be by force. */
  stop(): Promise<void>;
}

/** The server ended before it accepted connections; the message is what it said. */
export class ServerRefusal extends Error {
  override readonly name = 'ServerRefusal';
}

/**
 * Starts a server as a child process and waits until it accepts connections, however long its recovery takes.
 *
 * It gets a session of its own: Ctrl-C in the terminal reaches the service alone, which drains first. When
 * the service dies, in whatever way, a keeper process shuts the server down.
 *
 * @throws ServerRefusal when it ends instead.
 */
export async function launchServer(options: ServerOptions): Promise<Server> {
  const { postgres, cluster, port, account, parameters, log } = options;
  const settings = Object.entries({ ...baseParameters, ...parameters }).map(
    ([name, value]) => `${name}=${value}`,
  );
  const child = spawn(
    postgres,
    [
      '-D',
      cluster,
      '-p',
      String(port),
      ...[ownerOption(process.pid), ...settings].flatMap((setting) => ['-c', setting]),
    ],
    { ...account, cwd: '/', env: postgresEnvironment, detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const said: string[] = [];
  createInterface(child.stderr).on('line', (line) => {
    log.debug(line);
    said.push(line);
    if (said.length > 20) said.shift();
  });
  const ended = endOf(child).then((how) => `${how}: ${reasonAmong(said)}`);
  await once(child, 'spawn');
  const pid = child.pid ?? Number.NaN;
  const dismissKeeper = await keep(pid, account);
  void ended.then(dismissKeeper);

  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const slow = setTimeout(() => log.info('the database recovers from an interruption'), 5_000);
  try {
    while (!isReady(cluster, pid)) {
      if (hasEnded()) throw new ServerRefusal(await ended);
      await delay(10);
    }
  } finally {
    clearTimeout(slow);
  }
  return {
    pid,
    ended,
    async stop() {
      if (!hasEnded()) await endPostmaster(pid, hasEnded);
    },
  };
}

const baseParameters = {
  listen_addresses: '127.0.0.1',
  // The path of a socket may be 107 bytes long, that of a data directory much longer.
  unix_socket_directories: '',
  // What the server does is told; which statements failed is their callers' affair.
  log_min_messages: 'log',
  log_checkpoints: 'off',
  log_line_prefix: '',
  log_timezone: 'UTC',
  timezone: 'UTC',
};

function isReady(cluster: string, pid: number): boolean {
  const lock = readLockFile(cluster);
  return lock?.pid === pid && lock.ready;
}

/**
 * How the server ended. Its last words may come late: a child of it that is still at work shares its output.
 */
async function endOf(child: ChildProcess): Promise<string> {
  const closed = new Promise((resolve) => child.once('close', resolve));
  await new Promise((resolve) => child.once('exit', resolve));
  await Promise.race([closed, delay(500, undefined, { ref: false })]);
  return child.signalCode ?? `exit code ${child.exitCode}`;
}

/** The last fatal message with its details, on one line; without one, the last line. */
function reasonAmong(said: readonly string[]): string {
  const fatal = said.findLastIndex((line) => /^(FATAL|PANIC):/.test(line));
  return said
    .slice(fatal)
    .map((line) => line.trim().replace(/\s+/g, ' '))
    .join(' ');
}

/**
 * A shell whose input only the service holds: when that ends without a word, the service has died, and the
 * shell sends the server the signal for its orderly shutdown.
 *
 * @returns what dismisses it, for when the server has ended.
 */
async function keep(pid: number, account: Account | undefined): Promise<() => void> {
  const script = 'trap "" INT TERM HUP; read -r _ || kill -INT "$1"';
  const keeper = spawn('/bin/sh', ['-c', script, 'keeper', String(pid)], {
    ...account,
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  await once(keeper, 'spawn');
  // Writing to a keeper that somebody killed fails, and need not succeed.
  keeper.stdin.on('error', () => {});
  return () => keeper.stdin.end('\n');
}
