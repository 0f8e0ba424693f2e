import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('./support/read-large.ts', import.meta.url));

it('a document of 150 MB is read in a heap of 100 MB, with nothing left behind by what was read', async () => {
  const args = ['--max-old-space-size=100', script, String(150e6)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(JSON.parse(stdout)).toEqual({ workflows: 10_208, problems: 0 });
});
