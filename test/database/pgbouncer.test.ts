import { randomBytes } from 'node:crypto';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { OperationState } from '../../src/gen/lightning/projects/v1/operation_pb.ts';
import { OperationsService } from '../../src/gen/lightning/projects/v1/operations_service_pb.ts';
import { ResourcesService } from '../../src/gen/lightning/projects/v1/resources_service_pb.ts';
import { nativeTranscript, nativeTranscriptWith } from '../conformance/node-clients.ts';
import { chain, exportDocument, newProject, projectDocument } from '../exchange/support/documents.ts';
import { createTestDatabase, databaseUrl, execute } from '../support/database.ts';
import { type PgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { findPgBouncer } from '../support/pgbouncer-program.ts';
import { aProject } from '../support/projects.ts';
import { ending } from '../support/refusal.ts';
import { lockProject, waitingStatements } from '../support/rival.ts';
import {
  aUser,
  MembersService,
  ProjectsService,
  startTestService,
  type TestService,
} from '../support/service.ts';

const missing = await findPgBouncer().then(
  () => undefined,
  (reason: Error) => reason,
);
// A machine without one may leave these tests out; CI may not.
if (missing !== undefined && process.env.CI !== undefined) throw missing;
if (missing !== undefined) console.warn(`test/database/pgbouncer.test.ts is left out: ${missing.message}`);

const POOL_SIZE = 3;

describe.skipIf(missing !== undefined)('Behind a PgBouncer in transaction mode', () => {
  const open = new AsyncDisposableStack();
  let bouncer: PgBouncer;
  let service: TestService;
  /** Past PgBouncer. */
  let direct: { readonly databaseUrl: string };

  beforeAll(async () => {
    const adminUrl = inject('adminDatabaseUrl');
    const name = `bounced_${randomBytes(8).toString('hex')}`;
    // Empty, and in a time zone of its own.
    await execute(
      adminUrl,
      `create database ${name}`,
      `alter database ${name} set timezone to 'Asia/Kolkata'`,
    );
    open.defer(async () => {
      await execute(adminUrl, `drop database ${name} with (force)`);
    });
    direct = { databaseUrl: databaseUrl(adminUrl, name) };
    bouncer = open.use(await startPgBouncer(adminUrl, POOL_SIZE));
    service = open.use(await startTestService(settings(direct.databaseUrl)));
  });
  afterAll(() => open.disposeAsync());

  const settings = (url: string) => ({ DATABASE_URL: bouncer.through(url), DATABASE_DIRECT_URL: url });

  it('every method answers and refuses as it does without, to the last detail', async () => {
    await using database = await createTestDatabase();
    expect(await nativeTranscriptWith(settings(database.url))).toEqual(await nativeTranscript());
  });

  it('calls of all kinds share the few sessions that there are, and each gets its own answer', async () => {
    const owner = await aUser(service);
    const projects = service.client(ProjectsService, owner.token);
    const document = projectDocument(chain('flow', ['a', 'b', 'c']));
    const exported = await exportDocument(service, await newProject(service, document));

    const all = Array.from({ length: 12 }, async (_, index) => {
      const { id } = await aProject(service, { owner }, { description: `number ${index}` });
      const imported = await newProject(service, document.replace(/^name: .*/, `name: imported-${index}`));
      const [{ project }, { role }, { workflows }, { project: sandbox }, yaml] = await Promise.all([
        projects.getProject({ id }),
        service.client(MembersService, owner.token).getMemberRole({ projectId: id, userId: owner.id }),
        service.client(ResourcesService, service.admin).listWorkflows({ projectId: imported }),
        projects.provisionSandbox({ parentId: id, name: `sandbox-${index}` }),
        exportDocument(service, imported),
      ]);
      return {
        description: project?.description,
        role,
        workflows: workflows.map(({ name }) => name),
        ofParent: sandbox?.parentId === id,
        yaml: yaml.replace(/^name: .*/, ''),
      };
    });

    const yaml = exported.replace(/^name: .*/, '');
    expect(await Promise.all(all)).toEqual(
      all.map((_, index) => ({
        description: `number ${index}`,
        role: Role.OWNER,
        workflows: ['flow'],
        ofParent: true,
        yaml,
      })),
    );
    const admin = new pg.Client(bouncer.consoleUrl);
    await admin.connect();
    const { rows: servers } = await admin.query('show servers');
    await admin.end();
    const ofDatabase = servers.filter(({ database }) => direct.databaseUrl.endsWith(`/${database}`));
    expect(ofDatabase.length).toBeLessThanOrEqual(POOL_SIZE);
  });

  it('a call that is cancelled ends in the database, and no other with it', async () => {
    const { id } = await aProject(service);
    const client = service.client(ProjectsService, service.admin);
    await using _ = await lockProject(direct, id);
    for (let round = 1; round <= 5; round += 1) {
      const callers = Array.from({ length: POOL_SIZE - 1 }, () => new AbortController());
      const waiting = callers.map(({ signal }) =>
        ending(client.updateProject({ project: { id, name: 'late' } }, { signal })),
      );
      await expect.poll(() => waitingStatements(direct)).toBe(callers.length);
      const others = Array.from({ length: 20 }, () => ending(aProject(service)));
      for (const caller of callers) caller.abort();
      expect(new Set(await Promise.all(others))).toEqual(new Set(['done']));
      await Promise.all(waiting);
      await expect.poll(() => waitingStatements(direct)).toBe(0);
    }
  });

  it('times are right, whatever zone a neighbour in the pool sets for itself', async () => {
    await using neighbour = new AsyncDisposableStack();
    for (let index = 0; index < POOL_SIZE; index += 1) {
      const client = new pg.Client(bouncer.through(direct.databaseUrl));
      await client.connect();
      neighbour.defer(() => client.end());
      await client.query("set timezone to 'America/New_York'");
    }
    const before = Date.now();
    const { id } = await aProject(service);
    const { projects } = await service
      .client(ProjectsService, service.admin)
      .listProjects({ pageSize: 1000 });
    const listed = projects.find((project) => project.id === id);
    if (listed?.insertedAt === undefined) throw new Error('the project is not listed with its time');
    expect(Math.abs(timestampDate(listed.insertedAt).getTime() - before)).toBeLessThan(60_000);
  });

  it('jobs are done, many at once', async () => {
    const client = service.client(ProjectsService, service.admin);
    const started = Array.from({ length: 12 }, async () => {
      const { id } = await aProject(service);
      const { operation } = await client.deleteProjectAsync({ id });
      return operation?.id ?? '';
    });
    const ids = await Promise.all(started);
    const operations = service.client(OperationsService, service.admin);
    const states = async () => {
      const found = await Promise.all(ids.map((id) => operations.getOperation({ id })));
      return new Set(found.map(({ operation }) => operation?.state));
    };
    await expect.poll(states).toEqual(new Set([OperationState.SUCCEEDED]));
    const [failures] = await execute(
      direct.databaseUrl,
      'select count(*)::int as count from operations where attempts > 1',
    );
    expect(failures).toEqual({ count: 0 });
  });
});
