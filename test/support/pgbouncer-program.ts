import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { arch } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repository } from './processes.ts';

const run = promisify(execFile);

/** What PgBouncer needs beyond what every Debian has. */
const PACKAGES = ['pgbouncer', 'libc-ares2', 'libevent-2.1-7'];

const cache = join(repository, 'node_modules/.cache');

export interface PgBouncerProgram {
  readonly path: string;
  /** What it has to find in its environment. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Debian's PgBouncer, unpacked into a cache and not installed: neither root nor what a machine happens to have is
 * needed. Where it cannot be had, one on the PATH.
 *
 * @throws Error with what is in the way when there is neither
 */
export async function findPgBouncer(): Promise<PgBouncerProgram> {
  const folder = join(cache, `pgbouncer-${arch()}`);
  try {
    if (!(await exists(folder))) await unpack(folder);
  } catch (cause) {
    if (await succeeds(run('pgbouncer', ['--version']))) return { path: 'pgbouncer', env: {} };
    throw new Error(`there is no PgBouncer: neither by apt (${String(cause)}) nor on the PATH`, { cause });
  }
  const libraries = join(folder, 'usr/lib');
  const [triplet = ''] = await readdir(libraries);
  return { path: join(folder, 'usr/sbin/pgbouncer'), env: { LD_LIBRARY_PATH: join(libraries, triplet) } };
}

/** Prepared beside its place and then moved there: of two that try at the same time one finds that of the other. */
async function unpack(folder: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const draft = await mkdtemp(`${folder}-`);
  try {
    const packages = join(draft, 'packages');
    const files = join(draft, 'files');
    await mkdir(packages);
    await download(packages, draft);
    for (const name of await readdir(packages)) await run('dpkg-deb', ['-x', join(packages, name), files]);
    await rename(files, folder).catch(async (error: unknown) => {
      if (!(await exists(folder))) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Where the machine's lists of packages are missing, as in most containers, with lists of one's own. */
async function download(packages: string, draft: string): Promise<void> {
  const apt = (...parameters: readonly string[]) =>
    run('apt-get', ['-o', 'APT::Sandbox::User=', ...parameters], { cwd: packages });
  if (await succeeds(apt('download', ...PACKAGES))) return;
  await mkdir(join(draft, 'lists/partial'), { recursive: true });
  await mkdir(join(draft, 'archives/partial'), { recursive: true });
  const own = ['-o', `Dir::State::Lists=${join(draft, 'lists')}`, '-o', `Dir::Cache=${draft}`];
  await apt(...own, 'update');
  await apt(...own, 'download', ...PACKAGES);
}

async function exists(path: string): Promise<boolean> {
  return await succeeds(access(path));
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  return await work.then(
    () => true,
    () => false,
  );
}
