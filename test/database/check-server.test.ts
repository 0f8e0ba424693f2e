import { randomBytes } from 'node:crypto';
import { expect, inject, it } from 'vitest';
import { unfitness } from '../../src/database/check-server.ts';
import { migrate } from '../../src/database/migrate.ts';
import { StartupError } from '../../src/startup-error.ts';
import { databaseUrl, execute } from '../support/database.ts';

it('a server that is too old is refused by its version', () => {
  expect(unfitness({ version: 14, encoding: 'UTF8' })).toBe(
    'the database is of a PostgreSQL 14; 15 or newer is needed',
  );
  expect(unfitness({ version: 15, encoding: 'UTF8' })).toBeUndefined();
});

it('a database that cannot hold every text is refused before anything is written', async () => {
  const adminUrl = inject('adminDatabaseUrl');
  const name = `latin_${randomBytes(8).toString('hex')}`;
  const libc = "locale_provider libc lc_collate 'C' lc_ctype 'C'";
  await execute(adminUrl, `create database ${name} template template0 encoding 'LATIN1' ${libc}`);
  try {
    const url = databaseUrl(adminUrl, name);
    const refusal = migrate(url);
    await expect(refusal).rejects.toThrow(StartupError);
    await expect(refusal).rejects.toThrow('the database is encoded in LATIN1; UTF8 is needed');
    expect(await execute(url, "select from pg_tables where schemaname = 'public'")).toEqual([]);
  } finally {
    await execute(adminUrl, `drop database ${name} with (force)`);
  }
});
