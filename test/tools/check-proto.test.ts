import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { brokenPromises, checkProto, staleCode } from '../../tools/check-proto.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const project = 'proto/lightning/projects/v1/project.proto';
let root: string;

// A hook of git would point every git below at the repository that it runs for.
for (const name of Object.keys(process.env)) if (name.startsWith('GIT_')) delete process.env[name];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'check-proto-test-'));
  for (const part of ['proto', 'src/gen', 'buf.yaml', 'buf.gen.yaml']) {
    cpSync(join(repository, part), join(root, part), { recursive: true });
  }
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function git(...args: string[]): void {
  execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', ...args], { cwd: root });
}

function commitAll(): void {
  git('init', '--quiet', '--initial-branch=main');
  git('add', 'proto');
  git('commit', '--quiet', '--message=first');
}

function edit(file: string, change: (text: string) => string): void {
  const before = readFileSync(join(root, file), 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(join(root, file), after);
}

// That it finds nothing in the repository as it is, is what `npm run check` runs it for.
describe('the check of the contract', () => {
  it('says why it compared with nothing', () => {
    const skipped = (reason: string) => ({ failures: [], skipped: [`breaking: not checked, ${reason}`] });
    expect(brokenPromises(root)).toEqual(skipped('this clone has no commit of the branch main'));
    git('init', '--quiet', '--initial-branch=main');
    git('commit', '--quiet', '--allow-empty', '--message=first');
    expect(brokenPromises(root)).toEqual(skipped('main has no proto/ yet'));
  });

  it('names all at once, and nothing else: what callers would miss, what is not formatted, what the linter does not like, what is stale', () => {
    commitAll();
    edit(project, (text) =>
      text
        .replace(/\n {2}\/\/ Whether members must have[^;]*;\n/, '')
        .replace('  bool allow_support_access', '    bool allow_support_access')
        .replaceAll(' head_hash ', ' headHash '),
    );
    const gen = join(root, 'src/gen/lightning/projects/v1');
    appendFileSync(join(gen, 'user_pb.ts'), '\n');
    writeFileSync(join(gen, 'gone_pb.ts'), '');
    rmSync(join(gen, 'run_history_pb.ts'));

    const { failures, skipped } = checkProto(root);

    expect(failures).toContainEqual(
      expect.stringMatching(/^breaking: .*project\.proto:.*"requires_mfa".*was deleted\.$/),
    );
    expect(failures).toContain(`format: ${project} is not formatted; run: npm run format`);
    expect(failures).toContainEqual(
      expect.stringMatching(/^lint: .*project\.proto:\d+:\d+:.*"headHash".*lower_snake_case/),
    );
    const stale = ['project', 'gone', 'run_history', 'user'].map(
      (name) => `lightning/projects/v1/${name}_pb.ts`,
    );
    const ofGenerated = failures.filter((line) => line.startsWith('generate'));
    expect(ofGenerated).toEqual(
      ['descriptors.binpb', ...stale]
        .toSorted()
        .map((file) => `generate: src/gen/${file} is not what proto/ gives; run: npm run generate`),
    );
    const others = failures.filter((line) => !line.includes(project) && !ofGenerated.includes(line));
    expect({ others, skipped }).toEqual({ others: [], skipped: [] });
  });

  it('names what does not compile', () => {
    edit(project, (text) => text.replace('bool requires_mfa', 'Flag requires_mfa'));
    expect(staleCode(root)).toContainEqual(expect.stringMatching(/^generate: .*project\.proto:.*Flag/));
  });
});
