import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { migrate } from '../../src/database/migrate.ts';
import { databaseUrl, execute } from '../support/database.ts';
import { keptLog } from '../support/logged.ts';
import { ending } from '../support/refusal.ts';
import { ProjectsService, startTestService, type TestService } from '../support/service.ts';

const name = `refused_${randomBytes(8).toString('hex')}`;
const passwords = { old: randomBytes(16).toString('hex'), new: randomBytes(16).toString('hex') };
const kept = keptLog();

const open = new AsyncDisposableStack();
let service: TestService;
beforeAll(async () => {
  const adminUrl = inject('adminDatabaseUrl');
  await execute(adminUrl, `create role ${name} login password '${passwords.old}'`);
  open.defer(async () => {
    await execute(adminUrl, `drop database if exists ${name} with (force)`, `drop role ${name}`);
  });
  await execute(adminUrl, `create database ${name} owner ${name}`);
  const url = Object.assign(new URL(databaseUrl(adminUrl, name)), {
    username: name,
    password: passwords.old,
  });
  await migrate(url.href);
  service = open.use(await startTestService({ ROLES: 'rpc', DATABASE_URL: url.href }, kept.log));
});
afterAll(() => open.disposeAsync());

async function alterRole(change: string): Promise<void> {
  await execute(inject('adminDatabaseUrl'), `alter role ${name} ${change}`);
}

/** Sessions of the service with that name. */
async function sessions(applicationName: string): Promise<number> {
  const rows = await execute(
    inject('adminDatabaseUrl'),
    `select from pg_stat_activity where datname = '${name}' and application_name = '${applicationName}'`,
  );
  return rows.length;
}

async function readiness(): Promise<number> {
  return (await fetch(`${service.httpUrl}/readyz`)).status;
}

/** How as many changes at once end as there are connections, which are not all open yet. */
async function endings(): Promise<Set<string>> {
  const { createProject } = service.client(ProjectsService, service.admin);
  return new Set(
    await Promise.all(Array.from({ length: 10 }, () => ending(createProject({ project: { name: 'one' } })))),
  );
}

it('calls that find no room on the server are told to come again, and the others go on', async () => {
  await expect.poll(readiness).toBe(200);
  await alterRole('connection limit 0');
  expect(await endings()).toEqual(new Set(['done', 'DATABASE_UNAVAILABLE']));
  await expect.poll(() => sessions('lightning-projects health'), { timeout: 5000 }).toBe(0);
  await expect(readiness()).resolves.toBe(200);
  await alterRole('connection limit -1');
  expect(await endings()).toEqual(new Set(['done']));
});

it('a password that was changed shows in calls, readiness and log, until it is good again', async () => {
  await execute(
    inject('adminDatabaseUrl'),
    `alter role ${name} password '${passwords.new}'`,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = '${name}' and application_name = 'lightning-projects'`,
  );
  expect(await endings()).toEqual(new Set(['DATABASE_UNAVAILABLE']));
  await expect.poll(readiness, { timeout: 5000 }).toBe(503);
  expect(kept.saying('the database does not answer')).toMatchObject([
    { reason: `password authentication failed for user "${name}"` },
  ]);
  await alterRole(`password '${passwords.old}'`);
  await expect.poll(readiness, { timeout: 5000 }).toBe(200);
  expect(await endings()).toEqual(new Set(['done']));
  for (const password of Object.values(passwords)) {
    expect(JSON.stringify(kept.entries)).not.toContain(password);
  }
});
