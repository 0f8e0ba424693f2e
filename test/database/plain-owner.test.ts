import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { migrate } from '../../src/database/migrate.ts';
import { ProjectsService } from '../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { databaseUrl, execute } from '../support/database.ts';
import { aProject } from '../support/projects.ts';
import { startTestService, type TestService } from '../support/service.ts';

const name = `plain_${randomBytes(8).toString('hex')}`;
const password = randomBytes(16).toString('hex');

const open = new AsyncDisposableStack();
let url: string;
let service: TestService;
beforeAll(async () => {
  const adminUrl = inject('adminDatabaseUrl');
  await execute(adminUrl, `create role ${name} login password '${password}'`);
  open.defer(async () => {
    await execute(adminUrl, `drop database if exists ${name} with (force)`, `drop role ${name}`);
  });
  await execute(adminUrl, `create database ${name} owner ${name}`);
  const own = new URL(databaseUrl(adminUrl, name));
  own.username = name;
  own.password = password;
  url = own.href;
  await migrate(url);
  service = open.use(await startTestService({ ROLES: 'rpc', DATABASE_URL: url }));
});
afterAll(() => open.disposeAsync());

describe('A role that owns its database, and has no other right on the server', () => {
  it('is enough for the service', async () => {
    const { id } = await aProject(service);
    const { auditEvents } = await service
      .client(ProjectsService, service.admin)
      .listAuditEvents({ projectId: id });
    expect(auditEvents.map(({ kind }) => kind)).toEqual(['project_created']);
  });

  it.each(["update audit_events set kind = 'other'", 'delete from audit_events', 'truncate audit_events'])(
    'lacks the privilege to change what is audited: %s',
    async (statement) => {
      await expect(execute(url, statement)).rejects.toThrow('permission denied for table audit_events');
    },
  );
});
