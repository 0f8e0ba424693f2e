import { execFile } from 'node:child_process';
import { chown, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StartupError } from '../startup-error.ts';
import { isErrno } from './data-directory.ts';
import type { Account } from './postgres-account.ts';

const draftPrefix = 'postgres.new-';

export interface ClusterOptions {
  readonly initdb: string;
  readonly dataDir: string;
  readonly cluster: string;
  readonly passwordFile: string;
  readonly account: Account | undefined;
  readonly durable: boolean;
}

/** Whether there is a cluster; it is there whole or not at all. */
export async function clusterExists(cluster: string): Promise<boolean> {
  try {
    return (await stat(join(cluster, 'PG_VERSION'))).isFile();
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

/**
 * Makes the cluster: UTF-8, sorted by code point, entered only with the password. It is prepared beside its
 * place and then moved there, so that an interrupted attempt leaves no half cluster, and of two services that
 * try at the same time the slower one finds that of the other.
 *
 * @throws StartupError with what initdb says.
 */
export async function createCluster(options: ClusterOptions): Promise<void> {
  const { initdb, dataDir, cluster, passwordFile, account, durable } = options;
  const draft = await mkdtemp(join(dataDir, draftPrefix));
  try {
    if (account !== undefined) await chown(draft, account.uid, account.gid);
    await promisify(execFile)(
      initdb,
      [
        `--pgdata=${draft}`,
        `--pwfile=${passwordFile}`,
        '--username=postgres',
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--no-instructions',
        ...(durable ? [] : ['--no-sync']),
      ],
      { ...account, cwd: '/', env: postgresEnvironment },
    );
    await rename(draft, cluster);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (await clusterExists(cluster)) return;
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new StartupError(`the database in ${dataDir} cannot be prepared: ${said || String(error)}`, {
      cause: error,
    });
  }
}

/**
 * Removes what interrupted attempts left. Only for whoever holds the cluster: a draft that is still being
 * written is then in vain, and its writer finds that out.
 */
export async function removeDrafts(dataDir: string): Promise<void> {
  const drafts = (await readdir(dataDir)).filter((name) => name.startsWith(draftPrefix));
  await Promise.all(
    drafts.map((name) => rm(join(dataDir, name), { recursive: true, force: true, maxRetries: 10 })),
  );
}

/**
 * Nothing of the service's environment: it holds secrets, and variables such as PGDATA that PostgreSQL heeds.
 */
export const postgresEnvironment = { LC_ALL: 'C', TZ: 'UTC' };
