import { chown } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StartupError } from '../startup-error.ts';
import { createDataDirectory, readOrCreateSecret, readSecret } from './data-directory.ts';
import { freePort } from './free-port.ts';
import { accountFor, openTo } from './postgres-account.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { clusterExists, createCluster, removeDrafts } from './postgres-cluster.ts';
import { launchServer, type Server, type ServerLog, ServerRefusal } from './postgres-server.ts';
import { endPostmaster, findPostmaster, readLockFile, removeLockFile } from './postmaster.ts';

export interface EmbeddedPostgresOptions {
  /** Created where it is missing; the cluster is its folder `postgres`. */
  readonly dataDir: string;
  readonly log: ServerLog;
  /** False: faster, but the data may not survive a crash of the machine. Default: true. */
  readonly durable?: boolean;
  /** Default: 100. */
  readonly maxConnections?: number;
}

export interface EmbeddedPostgres {
  /** Of a superuser, password included. */
  readonly url: string;
  readonly pid: number;
  /** Shuts the server down, disconnecting whoever is connected, and resolves when it has ended. */
  stop(): Promise<void>;
  /** Calls back when the server ends although nobody stopped it, also if it already has. */
  onExit(listener: (reason: Error) => void): void;
}

/**
 * Starts the PostgreSQL whose data is in the data directory, on a free port of 127.0.0.1; makes it at first.
 * A server that a killed service left behind is shut down first. Machines and containers do not see each
 * other's servers: a data directory must not be shared between them.
 *
 * @throws StartupError when another service uses the data directory, or when the server cannot run, with the
 * reason.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  try {
    return await start({ ...options, dataDir });
  } catch (error) {
    // Whatever the system refuses here, it refuses for the sake of the directory or of what is in it.
    if (error instanceof Error && 'syscall' in error) {
      throw new StartupError(`DATA_DIR ${dataDir} cannot be used: ${error.message}`, { cause: error });
    }
    throw error;
  }
}

async function start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, log, durable = true, maxConnections = 100 } = options;
  const { initdb, postgres } = findPostgresBinaries();
  const cluster = join(dataDir, 'postgres');
  const isNew = !(await clusterExists(cluster));
  log.info(`${isNew ? 'preparing' : 'opening'} the database in ${dataDir}`);

  await createDataDirectory(dataDir);
  const account = await accountFor(cluster);
  if (account !== undefined) await openTo(account, dataDir, postgres);
  const passwordFile = join(dataDir, 'postgres.password');
  const password = isNew ? await readOrCreateSecret(passwordFile) : await readSecret(passwordFile);
  if (password === undefined) {
    throw new StartupError(`${passwordFile} is missing; the database has that password`);
  }
  if (account !== undefined) await chown(passwordFile, account.uid, account.gid);
  if (isNew) await createCluster({ initdb, dataDir, cluster, passwordFile, account, durable });

  const parameters = { max_connections: String(maxConnections), ...(durable ? {} : forgetful) };
  const { server, port } = await takeOver(dataDir, cluster, (port) =>
    launchServer({ postgres, cluster, port, account, parameters, log }),
  );
  await removeDrafts(dataDir);

  let stopped: Promise<void> | undefined;
  return {
    url: `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`,
    pid: server.pid,
    stop() {
      stopped ??= server.stop();
      return stopped;
    },
    onExit(listener) {
      void server.ended.then((how) => {
        if (stopped === undefined) listener(new Error(`PostgreSQL ended by itself (${how})`));
      });
    },
  };
}

const forgetful = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** How long a server that is going away may take to let go of the cluster. */
const takeOverMs = 20_000;

/**
 * Launches the server as soon as nobody else holds the cluster. PostgreSQL's own locks decide who holds it,
 * so two services can never both get it; here the holder's kind is found out: another service, a server whose
 * service is gone, or nobody.
 */
async function takeOver(
  dataDir: string,
  cluster: string,
  launch: (port: number) => Promise<Server>,
): Promise<{ server: Server; port: number }> {
  const deadline = Date.now() + takeOverMs;
  for (;;) {
    await releaseFromOrphan(dataDir, cluster);
    const lock = readLockFile(cluster);
    const port = await freePort();
    try {
      return { server: await launch(port), port };
    } catch (error) {
      if (!(error instanceof ServerRefusal)) throw error;
      if (!isPassing(error.message) || Date.now() > deadline) {
        throw new StartupError(`PostgreSQL in ${dataDir} did not start: ${error.message}`, { cause: error });
      }
      // PostgreSQL takes any process of its user with the number in the lock file for a server: after a crash
      // of the machine it can be any program.
      const isLocked = error.message.includes('lock file "postmaster.pid"');
      if (isLocked && lock !== undefined && findPostmaster(lock.pid) === undefined) {
        removeLockFile(cluster, lock);
      }
      await delay(100);
    }
  }
}

/** Another server lets go of the cluster, its last children do, or another program was given our port. */
function isPassing(refusal: string): boolean {
  return /lock file "postmaster\.pid" (?:already exists|is empty)|shared memory block|could not create any TCP\/IP sockets/.test(
    refusal,
  );
}

async function releaseFromOrphan(dataDir: string, cluster: string): Promise<void> {
  const lock = readLockFile(cluster);
  const holder = lock && findPostmaster(lock.pid);
  if (holder === undefined) return;
  const { pid, owner, orphaned } = holder;
  if (orphaned && (await endPostmaster(pid, () => findPostmaster(pid) === undefined))) return;
  const user =
    owner === undefined || orphaned ? `PostgreSQL process ${pid}` : `another service, process ${owner}`;
  throw new StartupError(
    `DATA_DIR ${dataDir} is in use by ${user}: stop that one, or set DATA_DIR to another directory`,
  );
}
