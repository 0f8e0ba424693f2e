import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../src/database/free-port.ts';
import { accountFor } from '../../src/database/postgres-account.ts';
import { makeClusterFolder } from './cluster-folder.ts';
import { findPgBouncer } from './pgbouncer-program.ts';
import { start } from './processes.ts';

/** A PgBouncer in transaction mode before a server. */
export interface PgBouncer extends AsyncDisposable {
  /** The same database, through it. */
  through(url: string): string;
  /** Of its console, which answers `show pools` and the like. */
  readonly consoleUrl: string;
}

/**
 * Starts a PgBouncer before the server of `url`: each database has `poolSize` sessions of the server's, and a statement
 * outside a transaction may run in any of them.
 */
export async function startPgBouncer(url: string, poolSize: number): Promise<PgBouncer> {
  await using undo = new AsyncDisposableStack();
  const folder = await makeClusterFolder('pgbouncer');
  undo.defer(() => rm(folder, { recursive: true }));
  const port = await freePort();
  const configuration = join(folder, 'pgbouncer.ini');
  await writeFile(configuration, configurationFor(new URL(url), port, poolSize));
  const { path, env } = await findPgBouncer();
  const bouncer = undo.use(start(path, [configuration], { env, account: await accountFor(folder) }));
  await bouncer.wrote(/process up/);

  const at = (pathname: string) =>
    Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port), pathname }).href;
  const stack = undo.move();
  return {
    through: (other) => at(new URL(other).pathname),
    consoleUrl: at('/pgbouncer'),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** What Debian's has by default, but for who may enter, how many sessions there are, and no socket beside the port. */
function configurationFor(
  { hostname, port, username, password }: URL,
  listenPort: number,
  poolSize: number,
): string {
  return `[databases]
* = host=${hostname} port=${port} user=${username} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listenPort}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${poolSize}
`;
}
