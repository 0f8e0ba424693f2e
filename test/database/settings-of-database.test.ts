import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { migrate } from '../../src/database/migrate.ts';
import { migrations } from '../../src/database/migrations/index.ts';
import { databaseUrl, execute } from '../support/database.ts';
import { aProject } from '../support/projects.ts';
import { ProjectsService, startTestService } from '../support/service.ts';
import { openChanges } from './support/changes.ts';

const names = migrations.map(({ name }) => name);
const open = new AsyncDisposableStack();
afterAll(() => open.disposeAsync());

/** An empty database whose sessions begin with these settings. */
async function aDatabase(settings: Readonly<Record<string, string>>): Promise<string> {
  const adminUrl = inject('adminDatabaseUrl');
  const name = `settings_${randomBytes(8).toString('hex')}`;
  await execute(adminUrl, `create database ${name}`);
  open.defer(async () => {
    await execute(adminUrl, `drop database ${name} with (force)`);
  });
  for (const [setting, value] of Object.entries(settings)) {
    await execute(adminUrl, `alter database ${name} set ${setting} = '${value}'`);
  }
  return databaseUrl(adminUrl, name);
}

describe('A database of which an administrator says what sessions begin with', () => {
  it.each([
    ['an instant for each statement', { statement_timeout: '50ms' }],
    ['an instant for each lock', { lock_timeout: '50ms' }],
    ['an instant between statements', { idle_in_transaction_session_timeout: '50ms' }],
    ['repeatable read', { default_transaction_isolation: 'repeatable read' }],
    ['serializable', { default_transaction_isolation: 'serializable' }],
  ])('is migrated by processes that start together: %s', async (_, settings) => {
    const url = await aDatabase(settings);
    const ran = await Promise.all([migrate(url), migrate(url), migrate(url)]);
    expect(ran.flat()).toEqual(names);
  });

  it('shows each change what was committed before its statements, whatever transactions see otherwise', async () => {
    await using changes = await openChanges();
    const { pathname } = new URL(changes.url);
    await execute(
      inject('adminDatabaseUrl'),
      `alter database ${pathname.slice(1)} set default_transaction_isolation = 'repeatable read'`,
    );
    const { rows } = await changes.run(({ db }) => sql`show transaction_isolation`.execute(db));
    expect(rows).toEqual([{ transaction_isolation: 'read committed' }]);
  });

  it('is served however it writes values', async () => {
    const url = await aDatabase({
      bytea_output: 'escape',
      DateStyle: 'German, DMY',
      extra_float_digits: '-5',
      IntervalStyle: 'sql_standard',
      standard_conforming_strings: 'off',
      TimeZone: 'Asia/Kathmandu',
    });
    await using service = await startTestService({ DATABASE_URL: url });
    const begin = Math.floor(Date.now() / 1000);
    const { id } = await aProject(service);
    const { project } = await service.client(ProjectsService, service.admin).getProject({ id });
    expect(Number(project?.insertedAt?.seconds)).toBeGreaterThanOrEqual(begin);
    expect(Number(project?.insertedAt?.seconds)).toBeLessThanOrEqual(Date.now() / 1000);
  });
});
