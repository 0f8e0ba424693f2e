import { readFile, stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { settingsTable } from '../src/settings.ts';

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));

describe('the README', () => {
  it('lists every setting with its default and meaning', () => {
    const rows = settingsTable.map(
      ({ name, default: fallback, meaning }) => `| \`${name}\` | ${fallback} | ${meaning} |`,
    );
    const listed = readme.split('\n').filter((line) => /^\| `[A-Z_]+` \|/.test(line));

    expect(listed).toEqual(rows);
  });

  it('names only commands of npm that there are', () => {
    const named = [...readme.matchAll(/npm run (?:-s )?([a-z]+)/g)].map(([, script]) => script);

    expect(named.length).toBeGreaterThan(3);
    expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(named));
  });

  it('links only to files that there are', async () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => path ?? '');
    const missing = await Promise.all(
      links.map(async (path) => {
        return stat(new URL(`../${path}`, import.meta.url)).then(
          () => undefined,
          () => path,
        );
      }),
    );

    expect(missing.filter((path) => path !== undefined)).toEqual([]);
  });
});
