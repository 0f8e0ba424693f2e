import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('npm run build takes along what the compiler leaves out', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  const others = readdirSync('src', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.ts'))
    .map((entry) => `${entry.parentPath}/${entry.name}`);
  expect(others).not.toEqual([]);
  for (const file of others) expect(scripts.build).toContain(`cp ${file} `);
});
