import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RetentionPolicy } from '../../src/gen/lightning/projects/v1/project_pb.ts';
import { aProject } from '../support/projects.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  ProjectsService,
  startTestService,
  type TestService,
  type TestUser,
} from '../support/service.ts';
import { create, created, refused } from './support/create.ts';

let service: TestService;
let superuser: TestUser;
beforeAll(async () => {
  service = await startTestService();
  superuser = await aUser(service, { superuser: true });
});
afterAll(() => service.close());

describe('A new project', () => {
  it('has the defaults of Lightning', async () => {
    const before = Date.now();
    const { project } = await create(service, { project: { name: 'plain' } });
    expect(project).toMatchObject({
      name: 'plain',
      env: 'main',
      allowSupportAccess: false,
      requiresMfa: false,
      retentionPolicy: RetentionPolicy.RETAIN_ALL,
      // The digest of `[]`.
      headHash: '4f53cda18c2b',
    });
    for (const field of [
      'description',
      'color',
      'parentId',
      'parent',
      'concurrency',
      'historyRetentionPeriod',
      'dataclipRetentionPeriod',
      'scheduledDeletion',
    ] as const) {
      expect(project[field], field).toBeUndefined();
    }
    expect(project.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(project.etag).not.toBe('');
    const insertedAt = Number(project.insertedAt?.seconds) * 1000;
    expect(insertedAt).toBeGreaterThan(before - 1001);
    expect(insertedAt).toBeLessThanOrEqual(Date.now());
    expect(project.updatedAt).toEqual(project.insertedAt);
  });

  it('keeps what it was given, and comes back the same from GetProject', async () => {
    const fields = {
      name: '0-9-a-z',
      description: 'Über 100 Zeichen? Nein. 🚀',
      color: '#00ff7F80',
      env: '0_staging-2',
      allowSupportAccess: true,
      requiresMfa: true,
      concurrency: 2_147_483_647,
      retentionPolicy: RetentionPolicy.RETAIN_WITH_ERRORS,
      historyRetentionPeriod: 365,
      dataclipRetentionPeriod: 365,
    };
    const project = await created(service, fields);
    expect(project).toMatchObject(fields);
    const read = await service.client(ProjectsService, service.admin).getProject({ id: project.id });
    expect(read.project).toEqual(project);
  });

  it('has no dataclip period where it would count for nothing', async () => {
    const periods = { historyRetentionPeriod: 30, dataclipRetentionPeriod: 7 };
    for (const fields of [
      { dataclipRetentionPeriod: 7 },
      { ...periods, retentionPolicy: RetentionPolicy.ERASE_ALL },
    ]) {
      expect((await created(service, fields)).dataclipRetentionPeriod).toBeUndefined();
    }
    expect(await created(service, periods)).toMatchObject(periods);
  });

  it('takes no environment as a sandbox, unless it is given one', async () => {
    const parent = await created(service, {});
    const [plain, named] = [
      await created(service, { name: 'plain', parentId: parent.id }),
      await created(service, { name: 'named', parentId: parent.id, env: 'test' }),
    ];
    expect([plain.env, named.env]).toEqual([undefined, 'test']);
    expect([plain.parentId, named.parentId]).toEqual([parent.id, parent.id]);
  });

  it('leaves out what callers may not set', async () => {
    const project = await created(service, {
      headHash: '000000000000',
      etag: 'mine',
      scheduledDeletion: { seconds: 1n },
      insertedAt: { seconds: 1n },
      updatedAt: { seconds: 1n },
      parent: { name: 'parent' },
    });
    expect(project.headHash).toBe('4f53cda18c2b');
    expect(project.etag).not.toBe('mine');
    expect([project.scheduledDeletion, project.parent]).toEqual([undefined, undefined]);
    expect(project.insertedAt?.seconds).toBeGreaterThan(1n);
    expect(project.updatedAt?.seconds).toBeGreaterThan(1n);
  });

  it('is told as one event and one row of the audit trail', async () => {
    const { project } = await create(service, { project: { name: 'told', color: '#fff' } }, superuser.token);
    await expect(
      rows(service, 'select kind, actor_id from events where project_id = $1', [project.id]),
    ).resolves.toEqual([{ kind: 'project_created', actor_id: superuser.id }]);
    await expect(
      rows(
        service,
        `select kind, item_type, item_id, actor_id, service, method, changes from audit_events where project_id = $1`,
        [project.id],
      ),
    ).resolves.toMatchObject([
      {
        kind: 'project_created',
        item_type: 'project',
        item_id: project.id,
        actor_id: superuser.id,
        service: null,
        method: 'ProjectsService.CreateProject',
        changes: { name: { after: 'told' }, color: { after: '#fff' } },
      },
    ]);
  });
});

describe('The id of a new project', () => {
  it('may be the caller’s, and is kept in lower case', async () => {
    const id = randomUUID();
    await expect(created(service, { id: id.toUpperCase() })).resolves.toMatchObject({ id });
  });

  it('may not be another project’s', async () => {
    const { id } = await created(service, {});
    await expect(refused(service, { id })).resolves.toMatchObject({
      code: 'ALREADY_EXISTS',
      reason: 'PROJECT_ID_TAKEN',
      fields: { 'project.id': 'another project has this id' },
    });
  });
});

describe('The parent of a new project', () => {
  it('must exist', async () => {
    const parentId = randomUUID();
    await expect(refused(service, { parentId })).resolves.toMatchObject({
      code: 'NOT_FOUND',
      reason: 'PROJECT_NOT_FOUND',
      resources: [`project/${parentId}`],
    });
  });

  it('may not be its own child', async () => {
    const id = randomUUID();
    await expect(refused(service, { id, parentId: id })).resolves.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('may not wait for its deletion', async () => {
    const { id: parentId } = await created(service, {});
    await rows(service, 'update projects set scheduled_deletion = now() where id = $1', [parentId]);
    await expect(refused(service, { parentId })).resolves.toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'PROJECT_PENDING_DELETION',
      subjects: [`projects/${parentId}`],
    });
  });

  it('is gone once its deletion has begun', async () => {
    const { id: parentId } = await created(service, {});
    await rows(service, 'update projects set deletion_started_at = now() where id = $1', [parentId]);
    await expect(refused(service, { parentId })).resolves.toMatchObject({ code: 'NOT_FOUND' });
  });
});

it('is the same over Connect with JSON', async () => {
  const parent = await aProject(service);
  const response = await fetch(`${service.httpUrl}/lightning.projects.v1.ProjectsService/CreateProject`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${service.admin}` },
    body: JSON.stringify({
      project: {
        name: 'json',
        parentId: parent.id,
        historyRetentionPeriod: 30,
        retentionPolicy: 'RETENTION_POLICY_RETAIN_WITH_ERRORS',
      },
    }),
  });
  await expect(response.json()).resolves.toMatchObject({
    project: {
      name: 'json',
      parentId: parent.id,
      historyRetentionPeriod: 30,
      retentionPolicy: 'RETENTION_POLICY_RETAIN_WITH_ERRORS',
    },
  });
});
