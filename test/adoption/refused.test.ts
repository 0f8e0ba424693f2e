import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { adopt } from '../../src/cli/adopt.ts';
import { createTestDatabase, execute } from '../support/database.ts';
import { run } from '../support/processes.ts';
import { adoptInto, counts } from './support/adopted.ts';
import { createLightning } from './support/lightning.ts';

describe('a Lightning database that cannot be adopted', () => {
  it('is told every table and column that it lacks, at once, and nothing is written', async () => {
    await using lightning = await createLightning();
    await using own = await createTestDatabase();
    await lightning.sql(
      'alter table projects drop column retention_policy',
      'alter table webhook_auth_methods drop column auth_type',
      'alter table runs drop column claimed_at',
      'drop table workflow_versions, collections',
    );
    const { code, stdout, stderr } = await run(
      process.execPath,
      ['src/cli/main.ts', 'adopt', lightning.url],
      {
        env: { DATABASE_URL: own.url },
      },
    );

    expect(stderr.split('\n')).toEqual([
      "Lightning's database has no column projects.retention_policy, which is needed",
      "Lightning's database has no table collections, which is needed",
      "Lightning's database has no column webhook_auth_methods.auth_type, which is needed",
      "Lightning's database has no table workflow_versions, which is needed",
      "Lightning's database has no column runs.claimed_at, which is needed",
      '',
    ]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: `adopting ${address(lightning.url)}\n` });
    expect(await execute(own.url, 'select count(*)::int from users')).toEqual([{ count: 0 }]);
  });

  it('is one that lacks what newer versions have or have no more: something else stands in', async () => {
    await using lightning = await createLightning();
    await using own = await createTestDatabase();
    await lightning.sql(
      'alter table projects drop column version_history, drop column parent_id, drop column color',
      'alter table triggers drop column cron_cursor_job_id, drop column webhook_reply',
      'alter table workflows drop column enable_job_logs, drop column positions',
      'alter table users drop column support_user',
    );
    const said = await adoptInto(own.url, lightning);

    expect(counts(said, 'projects')).toMatchObject({ created: 3, left: 0 });
    expect(await execute(own.url, 'select distinct enable_job_logs, positions from workflows')).toEqual([
      { enable_job_logs: true, positions: null },
    ]);
  });

  it.each([
    ['no connection string', () => 'mysql://root:hidden@localhost/x', /must be like postgresql:\/\//],
    [
      'where nobody listens',
      () => 'postgres://a:hidden@127.0.0.1:1/x',
      /127\.0\.0\.1:1\/x cannot be used: .*ECONNREFUSED/,
    ],
    [
      'a database that does not exist',
      (url: string) => Object.assign(new URL(url), { pathname: '/nowhere' }).href,
      /"nowhere" does not exist/,
    ],
    ["this service's own", (url: string) => url, /database of this service, not Lightning's/],
  ])('is told in one line without a password: %s', async (_, urlOf, message) => {
    await using own = await createTestDatabase();
    const url = urlOf(own.url);
    const refused = adopt({ DATABASE_URL: own.url, LOG_LEVEL: 'silent' }, url, () => {});
    await expect(refused).rejects.toThrow(expect.objectContaining({ name: 'StartupError' }));
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.not.toThrow(/\n|hidden/);
  });
});

describe('a reader of Lightning', () => {
  it('needs nothing but to select, and not where secrets are', async () => {
    await using lightning = await createLightning();
    await using own = await createTestDatabase();
    const role = `reader_${randomBytes(8).toString('hex')}`;
    await lightning.sql(
      `create role ${role} login password 'of-the-reader'`,
      `grant select on all tables in schema public to ${role}`,
      `revoke select on users, credentials from ${role}`,
      `grant select (id, email, first_name, last_name, role, disabled, support_user, inserted_at, updated_at)
         on users to ${role}`,
      `grant select (id, name, user_id, schema, oauth_client_id, inserted_at, updated_at) on credentials to ${role}`,
    );
    try {
      const url = Object.assign(new URL(lightning.url), { username: role, password: 'of-the-reader' }).href;
      const said = await adoptInto(own.url, { url });
      expect(counts(said, 'credentials')).toMatchObject({ created: 2 });
      expect(said.join('\n')).not.toContain('of-the-reader');
    } finally {
      await lightning.sql(`drop owned by ${role}`, `drop role ${role}`);
    }
  });
});

function address(url: string): string {
  const { host, pathname } = new URL(url);
  return host + pathname;
}
