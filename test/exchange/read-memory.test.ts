import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('./support/read-large.ts', import.meta.url));

it('a document of 75 MB is read in a heap of 50 MB, with nothing left behind by what was read', async () => {
  const args = ['--max-old-space-size=50', script, String(75e6)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(JSON.parse(stdout)).toEqual({ workflows: 5104, problems: 0 });
});
