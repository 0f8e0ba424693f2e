import { execFile } from 'node:child_process';
import { chmod, chown, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { StartupError } from '../startup-error.ts';
import { isErrno } from './data-directory.ts';

const run = promisify(execFile);

/** The user that PostgreSQL runs as. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * PostgreSQL refuses to run as root. A service that is root runs it as the owner of the cluster, or as the
 * user `postgres` (created where it is missing) when there is no cluster yet. Undefined: as the service's own
 * user.
 *
 * @throws StartupError when there is no such user and none can be created.
 */
export async function accountFor(cluster: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  try {
    const { uid, gid } = await stat(cluster);
    if (uid !== 0) return { name: String(uid), uid, gid };
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
  const known = await lookUp('postgres');
  if (known !== undefined) return known;

  const creation = run('useradd', [
    '--system',
    '--user-group',
    '--no-create-home',
    '--shell',
    '/bin/false',
    'postgres',
  ]);
  const failure = await creation.then(() => undefined, String);
  // Looked up even after a failure: somebody else may have been faster.
  const created = await lookUp('postgres');
  if (created === undefined) {
    throw new StartupError(
      'PostgreSQL does not run as root, and the user "postgres" that it could run as cannot be created: ' +
        `start the service as another user, or set DATABASE_URL (${failure?.replace(/\s+/g, ' ')})`,
    );
  }
  return created;
}

async function lookUp(name: string): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { name, uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

/**
 * Sees to it that the account can reach its cluster and its programs. Of the folders on the way only the data
 * directory itself is opened, and to the account's group alone; the others are not this service's.
 *
 * @throws StartupError that names the folder and what to do.
 */
export async function openTo(account: Account, dataDir: string, program: string): Promise<void> {
  if (!(await succeeds(account, 'cd "$1"', dataDir))) {
    const { uid, mode } = await stat(dataDir);
    await chown(dataDir, uid, account.gid);
    await chmod(dataDir, mode | 0o010);
  }
  if (!(await succeeds(account, 'cd "$1"', dataDir))) {
    throw new StartupError(
      `${insteadOfRoot(account)} cannot enter DATA_DIR ${dataDir}: ` +
        'choose a DATA_DIR below folders that everybody can enter, or start the service as another user',
    );
  }
  if (!(await succeeds(account, 'test -x "$1"', program))) {
    throw new StartupError(
      `${insteadOfRoot(account)} cannot run ${program}: ` +
        'move the project below folders that everybody can enter, or start the service as another user',
    );
  }
}

function insteadOfRoot({ name }: Account): string {
  return `PostgreSQL does not run as root, and the user ${name}, whom it runs as instead,`;
}

async function succeeds(account: Account, script: string, path: string): Promise<boolean> {
  try {
    await run('/bin/sh', ['-c', script, 'sh', path], { ...account, cwd: '/' });
    return true;
  } catch {
    return false;
  }
}
