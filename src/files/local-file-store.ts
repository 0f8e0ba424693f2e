import { realpath, unlink } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { requireInnerPath } from './file-path.ts';
import type { FileStore } from './file-store.ts';
import { filePathRefused, fileStoreRefused, fileStoreUnavailable } from './file-store-failures.ts';

/** What no other attempt mends: no right to remove, a read-only disk, a folder in a file's place. */
const REFUSALS = new Set(['EACCES', 'EPERM', 'EROFS', 'EISDIR', 'ENAMETOOLONG', 'ELOOP']);

/**
 * Files in a folder of this machine.
 *
 * @param folder absolute
 * @param mustExist whether a missing folder is an error, as that of a volume which is not mounted, or just empty
 */
export function localFileStore(folder: string, mustExist: boolean): FileStore {
  return {
    async remove(path, signal) {
      signal.throwIfAborted();
      requireInnerPath(path);
      const root = await existing(folder, path);
      if (root === undefined && mustExist) throw fileStoreRefused(`the folder ${folder} does not exist`);
      const parent = root && (await existing(dirname(join(root, path)), path));
      if (root === undefined || parent === undefined) return;
      if (parent !== root && !parent.startsWith(root + sep)) {
        throw filePathRefused(path, 'leaves the folder that files are kept in');
      }
      // A link in the file's own place is removed, not what it points to.
      await unless(isMissing, unlink(join(parent, basename(path))), path);
    },
    close() {},
  };
}

/** The folder without links in its path; undefined when there is none. */
function existing(folder: string, path: string): Promise<string | undefined> {
  return unless(isMissing, realpath(folder), path);
}

async function unless<T>(
  harmless: (code: unknown) => boolean,
  work: Promise<T>,
  path: string,
): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    const { code }: { readonly code?: unknown } = Object(error);
    if (harmless(code)) return undefined;
    const what = `the file ${JSON.stringify(path)} could not be removed (${code})`;
    throw REFUSALS.has(String(code)) ? fileStoreRefused(what, error) : fileStoreUnavailable(what, error);
  }
}

function isMissing(code: unknown): boolean {
  return code === 'ENOENT' || code === 'ENOTDIR';
}
