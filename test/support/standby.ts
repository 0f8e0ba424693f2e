import { execFile } from 'node:child_process';
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres.ts';
import { freePort } from '../../src/database/free-port.ts';
import { migrate } from '../../src/database/migrate.ts';
import { accountFor } from '../../src/database/postgres-account.ts';
import { findPostgresBinaries } from '../../src/database/postgres-binaries.ts';
import { launchServer, type Server } from '../../src/database/postgres-server.ts';
import { makeClusterFolder } from './cluster-folder.ts';

/** A migrated primary and a server that replicates it by streaming. */
export interface ReplicatedPostgres extends AsyncDisposable {
  readonly primaryUrl: string;
  readonly standbyUrl: string;
  stopStandby(): Promise<void>;
}

const log = { info() {}, debug() {} };

export async function startReplicatedPostgres(): Promise<ReplicatedPostgres> {
  await using undo = new AsyncDisposableStack();
  const folder = await makeClusterFolder('replication');
  undo.defer(() => rm(folder, { recursive: true }));
  const dataDir = join(folder, 'primary');
  const primary = await startEmbeddedPostgres({ dataDir, log, durable: false });
  undo.defer(() => primary.stop());
  await migrate(primary.url);

  const cluster = join(folder, 'standby');
  await copyCluster(primary.url, join(dataDir, 'postgres'), cluster);
  const { postgres } = findPostgresBinaries();
  const port = await freePort();
  const account = await accountFor(folder);
  const standby: Server = await launchServer({ postgres, cluster, port, account, parameters: {}, log });
  undo.defer(() => standby.stop());

  const stack = undo.move();
  return {
    primaryUrl: primary.url,
    standbyUrl: Object.assign(new URL(primary.url), { port: String(port) }).href,
    stopStandby: () => standby.stop(),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** A base backup by hand: the program that makes one does not come with the server. */
async function copyCluster(primaryUrl: string, from: string, to: string): Promise<void> {
  const client = new pg.Client({ connectionString: primaryUrl });
  await client.connect();
  try {
    await client.query(`select pg_backup_start('standby', true)`);
    // With owners and modes; what the primary writes meanwhile is repaired from its log.
    await promisify(execFile)('cp', ['-a', from, to]);
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    await rm(join(to, 'postmaster.pid'));
    await rm(join(to, 'pg_wal'), { recursive: true });
    await mkdir(join(to, 'pg_wal'), { mode: 0o700 });
    await writeFile(join(to, 'backup_label'), rows[0]?.labelfile ?? '');
    await writeFile(join(to, 'standby.signal'), '');
    const { hostname, port, username, password } = new URL(primaryUrl);
    await appendFile(
      join(to, 'postgresql.auto.conf'),
      `primary_conninfo = 'host=${hostname} port=${port} user=${username} password=${password}'\n`,
    );
    const account = await accountFor(to);
    if (account !== undefined)
      await promisify(execFile)('chown', ['-R', `${account.uid}:${account.gid}`, to]);
  } finally {
    await client.end();
  }
}
