import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempDisposableSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/**
 * Checks the Protobuf contract: lint, format, that the generated code is what the protos give, and that nothing
 * breaks for callers of the main branch. Works on the files of `root` alone, without network.
 */

interface Findings {
  /** One line a failure. */
  readonly failures: readonly string[];
  /** One line a check that could not be made, with the reason. */
  readonly skipped: readonly string[];
}

interface Run {
  readonly ok: boolean;
  readonly output: string;
}

/** Makes every check in the repository at `root`. Throws when `buf` or `git` cannot be started. */
export function checkProto(root: string): Findings {
  const breaking = brokenPromises(root);
  const failures = [...lint(root), ...unformatted(root), ...staleCode(root), ...breaking.failures];
  return { failures, skipped: breaking.skipped };
}

function lint(root: string): string[] {
  return complaints('lint', buf(root, 'lint'));
}

function unformatted(root: string): string[] {
  const diff = buf(root, 'format', '--diff', '--exit-code', 'proto');
  if (diff.ok) return [];
  const files = [...diff.output.matchAll(/^diff .* (\S+\.proto)$/gm)].map(([, file]) => file);
  if (files.length === 0) return complaints('format', diff);
  return files.map((file) => `format: ${file} is not formatted; run: npm run format`);
}

/** Generates anew, beside the repository, and compares file by file. */
export function staleCode(root: string): string[] {
  using scratch = mkdtempDisposableSync(join(tmpdir(), 'check-proto-'));
  const fresh = join(scratch.path, 'src/gen');
  for (const run of [
    buf(root, 'generate', '--output', scratch.path),
    buf(root, 'build', '--as-file-descriptor-set', '--output', join(fresh, 'descriptors.binpb')),
  ]) {
    if (!run.ok) return complaints('generate', run);
  }
  const present = join(root, 'src/gen');
  const files = new Set([...filesBelow(fresh), ...filesBelow(present)]);
  return [...files]
    .sort()
    .filter((file) => !sameBytes(join(fresh, file), join(present, file)))
    .map((file) => `generate: src/gen/${file} is not what proto/ gives; run: npm run generate`);
}

/** Compares with the last commit of the main branch, which is what callers have. */
export function brokenPromises(root: string): Findings {
  const skip = (reason: string): Findings => ({
    failures: [],
    skipped: [`breaking: not checked, ${reason}`],
  });
  const main = ['main', 'origin/main'].find(
    (branch) => git(root, 'rev-parse', '--verify', '--quiet', branch).ok,
  );
  if (main === undefined) return skip('this clone has no commit of the branch main');
  if (git(root, 'ls-tree', main, 'proto').output === '') return skip(`${main} has no proto/ yet`);
  using scratch = mkdtempDisposableSync(join(tmpdir(), 'check-proto-'));
  const archive = join(scratch.path, 'main.tar');
  const archived = git(root, 'archive', '--format=tar', `--output=${archive}`, main, 'proto');
  if (!archived.ok) return { failures: complaints('breaking', archived), skipped: [] };
  return {
    failures: complaints('breaking', buf(root, 'breaking', 'proto', '--against', `${archive}#subdir=proto`)),
    skipped: [],
  };
}

/** The lines of a command that failed, each named after its check. */
function complaints(check: string, { ok, output }: Run): string[] {
  if (ok) return [];
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return (lines.length > 0 ? lines : ['failed and said nothing']).map((line) => `${check}: ${line}`);
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

function sameBytes(one: string, other: string): boolean {
  return existsSync(one) && existsSync(other) && readFileSync(one).equals(readFileSync(other));
}

function buf(root: string, ...args: readonly string[]): Run {
  // buf looks for its plugin in PATH, where it is only when npm runs the script.
  const path = [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  return run(root, 'buf', args, { ...process.env, PATH: path });
}

function git(root: string, ...args: readonly string[]): Run {
  return run(root, 'git', args, process.env);
}

function run(root: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv): Run {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, env, encoding: 'utf8' });
  if (error !== undefined) throw error;
  return { ok: status === 0, output: `${stdout}${stderr}`.trim() };
}

if (import.meta.main) {
  const { failures, skipped } = checkProto(process.cwd());
  for (const line of [...skipped, ...failures]) console.log(line);
  if (failures.length > 0) process.exitCode = 1;
}
