import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('npm start needs nothing of what npm ci --omit=dev leaves out', () => {
  const { scripts, dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  const program = scripts.start.replace(/^exec /, '').split(' ')[0];
  const named = readdirSync('src', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .flatMap((entry) => [
      ...readFileSync(`${entry.parentPath}/${entry.name}`, 'utf8').matchAll(
        /^(?:import|export)(?! type )[^']*'((?:@[^/']+\/)?[^/']+)/gm,
      ),
    ])
    .map(([, name = '']) => name);
  const needed = [...new Set([program, ...named])];
  expect(needed).toEqual(expect.arrayContaining(['node', 'pg', '@mikro-orm/postgresql']));
  expect(Object.keys(dependencies)).toContain(program);
  expect(needed.filter((name) => name in devDependencies)).toEqual([]);
});

it('npm run build takes along what the compiler leaves out', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  const others = readdirSync('src', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.ts'))
    .map((entry) => `${entry.parentPath}/${entry.name}`);
  expect(others).not.toEqual([]);
  for (const file of others) expect(scripts.build).toContain(`cp ${file} `);
});
