import { access, mkdir, mkdtemp, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileStore } from '../../src/files/file-store.ts';
import { localFileStore } from '../../src/files/local-file-store.ts';

const { signal } = new AbortController();

let place: string;
let folder: string;
let files: FileStore;

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'project-files-'));
  folder = join(place, 'files');
  await mkdir(join(folder, 'a'), { recursive: true });
  await writeFile(join(folder, 'a', 'export.zip'), 'bytes');
  await writeFile(join(place, 'outside.txt'), 'bytes');
  files = localFileStore(folder, true);
});

afterEach(() => rm(place, { recursive: true }));

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

describe('A folder of files', () => {
  it('removes a file and leaves its neighbours', async () => {
    await writeFile(join(folder, 'a', 'other.zip'), 'bytes');

    await files.remove('a/export.zip', signal);

    expect(await exists(join(folder, 'a', 'export.zip'))).toBe(false);
    expect(await exists(join(folder, 'a', 'other.zip'))).toBe(true);
  });

  it.each(['a/missing.zip', 'no/such/folder.zip', 'a/export.zip/below'])(
    'takes %s, which is not there, as removed',
    async (path) => {
      await files.remove(path, signal);
    },
  );

  it.each([
    ['../outside.txt', 'leaves the place that files are kept in'],
    ['a/../../outside.txt', 'leaves the place that files are kept in'],
    ['/etc/hostname', 'is absolute'],
    ['a\0b', 'holds U+0000'],
    ['', 'is empty'],
    ['.', 'leaves the folder that files are kept in'],
  ])('refuses %j', async (path, problem) => {
    await expect(files.remove(path, signal)).rejects.toMatchObject({
      kind: 'failed_precondition',
      reason: 'FILE_PATH_REFUSED',
      message: `the file ${JSON.stringify(path)} was not removed: its path ${problem}`,
    });
    expect(await exists(join(place, 'outside.txt'))).toBe(true);
  });

  it('follows no link out of the folder', async () => {
    await symlink(place, join(folder, 'out'));

    await expect(files.remove('out/outside.txt', signal)).rejects.toMatchObject({
      reason: 'FILE_PATH_REFUSED',
    });
    expect(await exists(join(place, 'outside.txt'))).toBe(true);
  });

  it('removes a link in the place of a file, not what it points to', async () => {
    await symlink(join(place, 'outside.txt'), join(folder, 'link'));

    await files.remove('link', signal);

    await expect(readlink(join(folder, 'link'))).rejects.toThrow('ENOENT');
    expect(await exists(join(place, 'outside.txt'))).toBe(true);
  });

  it('may itself be a link', async () => {
    await symlink(folder, join(place, 'linked'));

    await localFileStore(join(place, 'linked'), true).remove('a/export.zip', signal);

    expect(await exists(join(folder, 'a', 'export.zip'))).toBe(false);
  });

  it('names the setting when a folder is in the place of a file', async () => {
    await expect(files.remove('a', signal)).rejects.toMatchObject({
      reason: 'FILE_STORE_REFUSED',
      message: 'the file "a" could not be removed (EISDIR): see FILE_STORE_URL',
    });
  });

  it('that does not exist is an error that names it when it was set, and empty by default', async () => {
    const missing = join(place, 'unmounted');

    await expect(localFileStore(missing, true).remove('a/export.zip', signal)).rejects.toMatchObject({
      kind: 'failed_precondition',
      message: `the folder ${missing} does not exist: see FILE_STORE_URL`,
    });
    await localFileStore(missing, false).remove('a/export.zip', signal);
  });

  it('removes nothing once the signal has aborted', async () => {
    await expect(files.remove('a/export.zip', AbortSignal.abort(new Error('over')))).rejects.toThrow('over');
    expect(await exists(join(folder, 'a', 'export.zip'))).toBe(true);
  });
});
