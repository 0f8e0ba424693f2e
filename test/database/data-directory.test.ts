import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createDataDirectory, readOrCreateSecret } from '../../src/database/data-directory.ts';
import { StartupError } from '../../src/startup-error.ts';
import { run } from '../support/processes.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lightning-projects-secret-'));
});

afterEach(() => rm(folder, { recursive: true }));

it('a data directory is closed to others, and one that exists is left as it is', async () => {
  const dataDir = join(folder, 'above', 'data');
  await createDataDirectory(dataDir);
  await writeFile(join(dataDir, 'file'), '');
  await createDataDirectory(dataDir);
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  expect(await readdir(dataDir)).toEqual(['file']);
});

it('a secret is made once for all who ask at the same time, and only its owner can read it', async () => {
  const path = join(folder, 'secret');
  const secrets = await Promise.all(Array.from({ length: 20 }, () => readOrCreateSecret(path)));
  expect(new Set(secrets)).toEqual(new Set([(await readFile(path, 'utf8')).trim()]));
  expect(secrets[0]).toMatch(/^[\w-]{43}$/);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['secret']);
});

it('a secret for which the disk has no room leaves nothing behind', async () => {
  const module = new URL('../../src/database/data-directory.ts', import.meta.url);
  const program = `const { readOrCreateSecret } = await import(${JSON.stringify(module)});
    await readOrCreateSecret(process.argv[1]).catch(({ code }) => console.log(code));`;
  const roomless = 'ulimit -f 0 && exec "$0" --input-type=module --eval "$1" "$2"';
  const path = join(folder, 'secret');
  const { stdout } = await run('/bin/sh', ['-c', roomless, process.execPath, program, path]);
  expect(stdout).toBe('EFBIG\n');
  expect(await readdir(folder)).toEqual([]);
});

it('an empty secret is refused', async () => {
  const path = join(folder, 'secret');
  await writeFile(path, '\n');
  await expect(readOrCreateSecret(path)).rejects.toEqual(
    new StartupError(`${path} is empty; delete it to have a new secret made`),
  );
});
