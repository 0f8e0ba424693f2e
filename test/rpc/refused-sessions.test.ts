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

/** Resolves when the log says why the database refuses a session. */
async function refusalTold(reason: string): Promise<void> {
  const told = () => kept.saying('the database refuses further sessions').at(-1)?.reason;
  await expect.poll(told).toContain(reason);
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
  await refusalTold('too many connections for role');
  await expect(readiness()).resolves.toBe(200);
  await alterRole('connection limit -1');
  await expect.poll(() => kept.saying('the database answers again').length).toBe(1);
  expect(await endings()).toEqual(new Set(['done']));
});

it('a password that was changed shows in the log and in calls that need a new session, until it is good again', async () => {
  await alterRole(`password '${passwords.new}'`);
  await refusalTold('password authentication failed for user');
  await expect(readiness()).resolves.toBe(200);
  await execute(
    inject('adminDatabaseUrl'),
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = '${name}' and application_name = 'lightning-projects'`,
  );
  expect(await endings()).toEqual(new Set(['DATABASE_UNAVAILABLE']));
  expect(kept.saying('call refused')).toContainEqual(
    expect.objectContaining({ reason: 'DATABASE_UNAVAILABLE', cause: '28P01' }),
  );
  await alterRole(`password '${passwords.old}'`);
  expect(await endings()).toEqual(new Set(['done']));
  for (const password of Object.values(passwords)) {
    expect(JSON.stringify(kept.entries)).not.toContain(password);
  }
});
