import { chmod, mkdtemp, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where Linux keeps files in memory. */
const MEMORY = '/dev/shm';
/** Bytes that have to be free there; containers often have less. */
const ROOM = 2 * 1024 ** 3;

/**
 * Makes a folder for the data directories of PostgreSQL, in memory where there is room: a cluster is a thousand files
 * and a database four hundred, which a disk takes ten times as long to make. Whoever asks for it removes it.
 */
export async function makeClusterFolder(name: string): Promise<string> {
  const parent = (await bytesFree(MEMORY)) > ROOM ? MEMORY : tmpdir();
  const folder = await mkdtemp(join(parent, `lightning-projects-${name}-`));
  // When root runs the tests, the server's user has to get through.
  await chmod(folder, 0o755);
  return folder;
}

async function bytesFree(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return 0;
  }
}
