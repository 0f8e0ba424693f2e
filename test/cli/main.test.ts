import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { databaseUrl, execute } from '../support/database.ts';
import { run } from '../support/processes.ts';
import { testSecret } from '../support/service.ts';

const cli = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  run(process.execPath, ['src/cli/main.ts', ...args], { env });

describe('the command line', () => {
  it('tells what it can do', async () => {
    const { code, stdout } = await cli(['--help']);
    expect(code).toBe(0);
    expect(stdout.match(/^ {2}(serve|migrate|token|demo)\b/gm)).toHaveLength(4);
  });

  it('prints a token and nothing else', async () => {
    const { code, stdout } = await cli(['token', '--subject', randomUUID()], { AUTH_JWT_SECRET: testSecret });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  });

  it('ends with exit code 1 and one line when a command cannot do its work', async () => {
    const { code, stdout, stderr } = await cli(['token', '--subject', 'somebody'], {
      AUTH_JWT_SECRET: testSecret,
    });
    expect({ code, stdout, lines: stderr.trimEnd().split('\n').length }).toEqual({
      code: 1,
      stdout: '',
      lines: 1,
    });
  });

  it('refuses days that are no number of days', async () => {
    const { code, stderr } = await cli(['token', '--subject', randomUUID(), '--days', 'some']);
    expect(code).toBe(1);
    expect(stderr).toContain('whole number from 1 to 3650');
  });
});

describe('migrate', () => {
  it('migrates an empty database, says what ran, and finds nothing to do the second time', async () => {
    const admin = inject('adminDatabaseUrl');
    const name = `migrate_${randomUUID().replaceAll('-', '')}`;
    await execute(admin, `create database ${name}`);
    try {
      const env = { DATABASE_URL: databaseUrl(admin, name), LOG_LEVEL: 'warn' };
      const first = await cli(['migrate'], env);
      expect(first).toMatchObject({ code: 0, stderr: '' });
      expect(first.stdout).toMatch(/^(migrated \d{4}_\w+\n)+$/);
      expect(await cli(['migrate'], env)).toMatchObject({
        code: 0,
        stdout: 'the schema is up to date: no migration ran\n',
      });
    } finally {
      await execute(admin, `drop database ${name} with (force)`);
    }
  });
});
