import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BrowserPage, openBrowserPage } from '../support/chromium.ts';
import { repository, start } from '../support/processes.ts';
import { startTestService, type TestService } from '../support/service.ts';

const open = new AsyncDisposableStack();
let service: TestService;
let page: BrowserPage['page'];

beforeAll(async () => {
  service = open.use(await startTestService());
  ({ page } = open.use(await openBrowserPage()));
  await page.goto(await serveAsWritten());
});

afterAll(() => open.disposeAsync());

/** Runs the command of the example's comment, on a free port; resolves to where the page is. */
async function serveAsWritten(): Promise<string> {
  const text = await readFile(join(repository, 'examples/browser/main.ts'), 'utf8');
  const command = /npx esbuild .*/.exec(text)?.[0] ?? '';
  const server = open.use(start('sh', ['-c', `exec ${command.replace('127.0.0.1:8000', '127.0.0.1:0')}`]));
  const [, origin = ''] = await server.wrote(/> Local: +(http\S+)/);
  return origin;
}

async function submit(fields: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries({ url: service.httpUrl, ...fields })) {
    await page.fill(`input[name=${name}]`, value);
  }
  await page.click('button');
}

it('the page creates a project and lists it', async () => {
  await submit({ token: service.admin, name: 'from-a-browser' });
  await page.waitForSelector('li');
  expect(await page.textContent('output')).toBe('1 projects');
  expect(await page.textContent('li')).toMatch(/^from-a-browser \([0-9a-f]{12}\)$/);
});

it('the page shows why it was refused', async () => {
  await submit({ token: 'not a token', name: '' });
  await page.waitForFunction(`document.querySelector('output').textContent.startsWith('[')`);
  expect(await page.textContent('output')).toContain('[unauthenticated]');
  expect(await page.$('li')).toBeNull();
});
