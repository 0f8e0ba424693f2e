import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { startTestService } from '../support/service.ts';

it("the README's commands post a project and fetch it as JSON and as YAML", async () => {
  await using service = await startTestService();
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const [, commands = ''] = /### OpenFn's own tools\n[^#]*?```sh\n([^`]*)```/.exec(readme) ?? [];

  const script = commands.replaceAll('http://127.0.0.1:8080', service.httpUrl);
  const { stdout } = await promisify(execFile)('sh', ['-ec', script], {
    env: { ...process.env, TOKEN: service.admin },
  });

  const [posted, fetched, yaml] = stdout.split(/(?<=\}\})/);
  expect(JSON.parse(posted ?? '')).toMatchObject({ data: { name: 'from-openfn', workflows: [] } });
  expect(fetched).toBe(posted);
  expect(yaml).toContain('name: from-openfn\n');
});
