import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StartupError } from '../startup-error.ts';

/**
 * Makes the directory, closed to other users, unless it exists; folders above it get the usual mode.
 *
 * @throws StartupError when it cannot be made
 */
export async function createDataDirectory(dataDir: string): Promise<void> {
  try {
    await mkdir(dirname(dataDir), { recursive: true });
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new StartupError(`DATA_DIR ${dataDir} cannot be a folder (${code}): choose another`, {
      cause: error,
    });
  }
}

/**
 * The secret in a file that only its owner can read, made at first: 32 random bytes as base64url text. All
 * who ask at the same time get the same one.
 *
 * @throws StartupError when the file is there but holds nothing.
 */
export async function readOrCreateSecret(path: string): Promise<string> {
  const existing = await readSecret(path);
  if (existing !== undefined) return existing;

  const secret = randomBytes(32).toString('base64url');
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(draft, `${secret}\n`, { mode: 0o600, flag: 'wx' });
    // A link appears with its whole content or fails: nobody reads half a secret or overwrites another's.
    await link(draft, path);
    return secret;
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    return await readOrCreateSecret(path);
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * The secret in a file; undefined when there is no file.
 *
 * @throws StartupError when the file is there but holds nothing.
 */
export async function readSecret(path: string): Promise<string | undefined> {
  try {
    const secret = (await readFile(path, 'utf8')).trim();
    if (secret === '') throw new StartupError(`${path} is empty; delete it to have a new secret made`);
    return secret;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Whether a system call failed for that reason, e.g. `ENOENT`. */
export function isErrno(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
