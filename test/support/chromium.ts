import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import chromium from '@sparticuz/chromium';
import { type Page, chromium as playwright } from 'playwright-core';
import { repository } from './processes.ts';

export interface BrowserPage extends AsyncDisposable {
  readonly page: Page;
}

/**
 * The one page of a headless Chromium from npm; it would not outlive its page. It keeps to CORS as a person's
 * browser does: of the arguments that it comes with, the one that turns web security off is left out.
 */
export async function openBrowserPage(): Promise<BrowserPage> {
  const browser = await playwright.launch({
    executablePath: await unpacked(),
    args: chromium.args.filter((argument) => argument !== '--disable-web-security'),
    headless: true,
  });
  return { page: await browser.newPage(), [Symbol.asyncDispose]: () => browser.close() };
}

/**
 * Unpacks the program once for each version, into a folder that appears whole or not at all: test files run
 * at the same time, and the package itself would take another one's half of it.
 */
async function unpacked(): Promise<string> {
  const manifest = await readFile(join(repository, 'node_modules/@sparticuz/chromium/package.json'), 'utf8');
  const cache = join(repository, 'node_modules/.cache');
  const folder = join(cache, `chromium-${JSON.parse(manifest).version}`);
  const program = join(folder, 'chromium');
  if (existsSync(program)) return program;

  await mkdir(cache, { recursive: true });
  const draft = await mkdtemp(join(cache, 'chromium.new-'));
  const before = process.env.TMPDIR;
  try {
    // The package unpacks into the folder for temporary files.
    process.env.TMPDIR = draft;
    await chromium.executablePath();
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another test file was faster.
    if (!existsSync(program)) throw error;
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
  return program;
}
