import { randomUUID } from 'node:crypto';
import { fromJsonString } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RetentionPolicy } from '../../src/gen/lightning/projects/v1/project_pb.ts';
import { UpdateProjectResponseSchema } from '../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { aUser, ProjectsService, startTestService, type TestService } from '../support/service.ts';
import { changesOf, type Fields, full, set, stored, update } from './support/update.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

describe('UpdateProject', () => {
  it('changes what the mask names, and nothing else', async () => {
    const before = await aProject(service, {}, full);
    const after = await set(
      service,
      { id: before.id.toUpperCase(), name: 'renamed', color: '#000', description: 'other' },
      'name',
      'color',
    );
    expect(after).toEqual({
      ...before,
      name: 'renamed',
      color: '#000',
      etag: after.etag,
      updatedAt: after.updatedAt,
    });
    expect(after.etag).not.toBe(before.etag);
    expect(after.updatedAt).not.toEqual(before.updatedAt);
    await expect(stored(service, before.id)).resolves.toEqual(after);
  });

  it('clears what the mask names and the project leaves out', async () => {
    const { id } = await aProject(service, {}, full);
    const after = await set(
      service,
      { id },
      'description',
      'color',
      'env',
      'allow_support_access',
      'requires_mfa',
      'concurrency',
      'retention_policy',
      'history_retention_period',
      'dataclip_retention_period',
    );
    expect(after).toMatchObject({
      allowSupportAccess: false,
      requiresMfa: false,
      retentionPolicy: RetentionPolicy.RETAIN_ALL,
    });
    for (const field of [
      'description',
      'color',
      'env',
      'concurrency',
      'historyRetentionPeriod',
      'dataclipRetentionPeriod',
    ] as const) {
      expect(after[field], field).toBeUndefined();
    }
  });

  it('changes what is set when there is no mask', async () => {
    const before = await aProject(service, {}, full);
    const after = await set(service, {
      id: before.id,
      description: '',
      concurrency: 5,
      // A flag that is off is not set, and neither is a policy that is not specified.
      allowSupportAccess: false,
      retentionPolicy: RetentionPolicy.UNSPECIFIED,
    });
    expect(after).toEqual({
      ...before,
      description: '',
      concurrency: 5,
      etag: after.etag,
      updatedAt: after.updatedAt,
    });
  });

  it('changes everything but the members with *', async () => {
    const owner = await aUser(service);
    const { id } = await aProject(service, { owner }, full);
    const after = await set(service, { id, name: 'bare' }, '*');
    expect(after).toMatchObject({ name: 'bare', allowSupportAccess: false });
    expect([after.env, after.concurrency]).toEqual([undefined, undefined]);
    await expect(
      rows(service, 'select user_id from project_users where project_id = $1', [id]),
    ).resolves.toEqual([{ user_id: owner.id }]);
    await expect(refusal(set(service, { id }, '*'))).resolves.toMatchObject({
      fields: { 'project.name': 'REQUIRED' },
    });
  });

  it('ignores what nobody may set when there is no mask, so that what was read can be sent back', async () => {
    const parent = await aProject(service);
    const before = await aProject(service, {}, { ...full, parentId: parent.id });
    const { project: read } = await service
      .client(ProjectsService, service.admin)
      .getProject({ id: before.id });
    if (read === undefined) throw new Error('no project');
    const after = await update(service, { project: { ...read, color: '#123' } });
    expect(after).toEqual({ ...before, color: '#123', etag: after.etag, updatedAt: after.updatedAt });
  });

  it.each(['id', 'parent_id', 'etag', 'head_hash', 'inserted_at', 'project.name', 'Name', 'nothing', ''])(
    'refuses the path "%s"',
    async (path) => {
      const { id } = await aProject(service);
      for (const paths of [[path], ['name', path], ['*', path]]) {
        await expect(refusal(set(service, { id, name: 'other' }, ...paths))).resolves.toMatchObject({
          code: 'INVALID_ARGUMENT',
          fields: { update_mask: expect.stringContaining(`"${path}" cannot be updated`) },
        });
      }
    },
  );

  it('takes the mask of JSON, in camel case', async () => {
    const { id } = await aProject(service, {}, full);
    const response = await fetch(`${service.httpUrl}/lightning.projects.v1.ProjectsService/UpdateProject`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${service.admin}` },
      body: JSON.stringify({
        project: { id, description: 'json' },
        updateMask: 'description,allowSupportAccess,historyRetentionPeriod',
      }),
    });
    const { project } = fromJsonString(UpdateProjectResponseSchema, await response.text());
    expect(project).toMatchObject({ description: 'json', color: '#fff', requiresMfa: true });
    expect([project?.allowSupportAccess, project?.historyRetentionPeriod]).toEqual([false, undefined]);
  });

  it('needs a project with an id that exists', async () => {
    await expect(refusal(update(service, {}))).resolves.toMatchObject({ fields: { project: 'REQUIRED' } });
    await expect(refusal(set(service, { name: 'x' }))).resolves.toMatchObject({
      fields: { 'project.id': 'REQUIRED' },
    });
    const id = randomUUID();
    await expect(refusal(set(service, { id, name: 'x' }))).resolves.toMatchObject({
      code: 'NOT_FOUND',
      resources: [`project/${id}`],
    });
  });

  it('does not find a project whose deletion has begun, and changes none that waits for it', async () => {
    const [gone, waiting] = [await aProject(service), await aProject(service)];
    await rows(service, 'update projects set deletion_started_at = now() where id = $1', [gone.id]);
    await rows(service, 'update projects set scheduled_deletion = now() where id = $1', [waiting.id]);
    await expect(refusal(set(service, { id: gone.id, name: 'x' }))).resolves.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(refusal(set(service, { id: waiting.id, name: 'x' }))).resolves.toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'PROJECT_PENDING_DELETION',
      subjects: [`projects/${waiting.id}`],
    });
  });

  it.each<[Fields, Record<string, string>]>([
    [{ name: 'Not A Name' }, { 'project.name': 'PATTERN' }],
    [{ env: '_' }, { 'project.env': 'PATTERN' }],
    [{ color: 'red' }, { 'project.color': 'PATTERN' }],
    [{ description: 'x'.repeat(241) }, { 'project.description': 'MAX_LEN' }],
    [{ concurrency: 0 }, { 'project.concurrency': 'GTE' }],
  ])('keeps the rules of a project: %o', async (fields, violations) => {
    const { id } = await aProject(service);
    await expect(refusal(set(service, { id, ...fields }))).resolves.toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: violations,
    });
  });

  it('needs a name when the mask names it', async () => {
    const { id } = await aProject(service);
    await expect(refusal(set(service, { id }, 'name'))).resolves.toMatchObject({
      fields: { 'project.name': 'REQUIRED' },
    });
  });

  it('names everything that is wrong at once', async () => {
    const { id } = await aProject(service);
    const paths = ['name', 'history_retention_period', 'members'];
    const wrong = update(service, { project: { id, historyRetentionPeriod: 8 }, updateMask: { paths } });
    await expect(refusal(wrong)).resolves.toMatchObject({
      reason: 'VALIDATION_FAILED',
      fields: {
        'project.name': 'REQUIRED',
        'project.history_retention_period': expect.stringContaining('must be one of'),
        members: 'ONE_OWNER',
      },
    });
  });

  it('does not give a sandbox the name of a sibling', async () => {
    const parent = await aProject(service);
    const one = await aProject(service, {}, { parentId: parent.id });
    const other = await aProject(service, {}, { parentId: parent.id });
    for (const validateOnly of [false, true]) {
      const taken = update(service, { project: { id: one.id, name: other.name }, validateOnly });
      await expect(refusal(taken)).resolves.toMatchObject({
        code: 'ALREADY_EXISTS',
        reason: 'PROJECT_NAME_TAKEN',
        fields: { 'project.name': 'another sandbox of the same parent has this name' },
      });
    }
    await expect(stored(service, one.id)).resolves.toEqual(one);
  });
});

describe('The retention of a project', () => {
  it('lets the dataclip period go with the history period or with everything', async () => {
    const [one, other] = [await aProject(service, {}, full), await aProject(service, {}, full)];
    const kept = await set(service, { id: one.id }, 'history_retention_period');
    expect([kept.historyRetentionPeriod, kept.dataclipRetentionPeriod]).toEqual([undefined, undefined]);
    const erased = await set(service, { id: other.id, retentionPolicy: RetentionPolicy.ERASE_ALL });
    expect([erased.historyRetentionPeriod, erased.dataclipRetentionPeriod]).toEqual([90, undefined]);
  });

  it('looks at what is stored together with what is new', async () => {
    const { id } = await aProject(service, {}, full);
    const tooLong = { 'project.dataclip_retention_period': expect.stringContaining('at most the history') };
    await expect(refusal(set(service, { id, historyRetentionPeriod: 14 }))).resolves.toMatchObject({
      fields: tooLong,
    });
    await expect(refusal(set(service, { id, dataclipRetentionPeriod: 180 }))).resolves.toMatchObject({
      fields: tooLong,
    });
    await expect(set(service, { id, historyRetentionPeriod: 30 })).resolves.toMatchObject({
      dataclipRetentionPeriod: 30,
    });
  });

  it('keeps no dataclip period that is set alone', async () => {
    const { id } = await aProject(service);
    const after = await set(service, { id, dataclipRetentionPeriod: 7 });
    expect(after.dataclipRetentionPeriod).toBeUndefined();
  });

  it('is in the audit trail when the policy alone changes', async () => {
    const actor = await aUser(service);
    const { id } = await aProject(service, { owner: actor });
    await update(service, { project: { id, retentionPolicy: RetentionPolicy.ERASE_ALL } }, actor.token);
    await expect(changesOf(service, id)).resolves.toEqual([
      {
        kind: 'project_updated',
        actor_id: actor.id,
        changes: { retention_policy: { before: 'retain_all', after: 'erase_all' } },
      },
    ]);
  });
});
