import { randomUUID } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { type ProjectSchema, RetentionPolicy } from '../../src/gen/lightning/projects/v1/project_pb.ts';
import type { CreateProjectRequestSchema } from '../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  ProjectsService,
  startTestService,
  type TestService,
  type TestUser,
} from '../support/service.ts';

/** What is said of a period that is none. */
const PERIODS = 'must be one of 7, 14, 30, 90, 180, 365 days, or unset';

type Request = MessageInitShape<typeof CreateProjectRequestSchema>;
type Fields = MessageInitShape<typeof ProjectSchema>;

let service: TestService;
let superuser: TestUser;
beforeAll(async () => {
  service = await startTestService();
  superuser = await aUser(service, { superuser: true });
});
afterAll(() => service.close());

/** CreateProject by an internal service; a test says only what matters to it. */
async function create(request: Request, token = service.admin) {
  const { project, members } = await service.client(ProjectsService, token).createProject(request);
  if (project === undefined) throw new Error('CreateProject answered without a project');
  return { project, members };
}

async function created(fields: Fields) {
  const { project } = await create({ project: { name: 'some-project', ...fields } });
  return project;
}

function refused(fields: Fields) {
  return refusal(create({ project: { name: 'some-project', ...fields } }));
}

async function count(table: 'projects' | 'events' | 'idempotency_keys'): Promise<number> {
  const [row] = await rows<{ count: number }>(service, `select count(*)::int as count from ${table}`);
  return row?.count ?? 0;
}

describe('A new project', () => {
  it('has the defaults of Lightning', async () => {
    const before = Date.now();
    const { project } = await create({ project: { name: 'plain' } });
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
    const project = await created(fields);
    expect(project).toMatchObject(fields);
    const read = await service.client(ProjectsService, service.admin).getProject({ id: project.id });
    expect(read.project).toEqual(project);
  });

  it('takes no environment as a sandbox, unless it is given one', async () => {
    const parent = await created({});
    const [plain, named] = [
      await created({ name: 'plain', parentId: parent.id }),
      await created({ name: 'named', parentId: parent.id, env: 'test' }),
    ];
    expect([plain.env, named.env]).toEqual([undefined, 'test']);
    expect([plain.parentId, named.parentId]).toEqual([parent.id, parent.id]);
  });

  it('leaves out what callers may not set', async () => {
    const project = await created({
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
    const { project } = await create({ project: { name: 'told', color: '#fff' } }, superuser.token);
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

describe('The rules of a project', () => {
  const wrong: Record<string, [Fields, Record<string, unknown>]> = {
    'no name': [{ name: '' }, { 'project.name': 'REQUIRED' }],
    'an upper-case name': [{ name: 'Project' }, { 'project.name': 'PATTERN' }],
    'a name with a blank': [{ name: 'a b' }, { 'project.name': 'PATTERN' }],
    'a name with an underscore': [{ name: 'a_b' }, { 'project.name': 'PATTERN' }],
    'a name that ends with a line break': [{ name: 'a\n' }, { 'project.name': 'PATTERN' }],
    'a name of 256 characters': [{ name: 'a'.repeat(256) }, { 'project.name': 'MAX_LEN' }],
    'a description of 241 characters': [
      { description: 'ü'.repeat(241) },
      { 'project.description': 'MAX_LEN' },
    ],
    'a color without #': [{ color: 'ffffff' }, { 'project.color': 'PATTERN' }],
    'a color of 4 digits': [{ color: '#ffff' }, { 'project.color': 'PATTERN' }],
    'a color that is a word': [{ color: 'red' }, { 'project.color': 'PATTERN' }],
    'an empty color': [{ color: '' }, { 'project.color': 'PATTERN' }],
    'an environment that begins with a hyphen': [{ env: '-a' }, { 'project.env': 'PATTERN' }],
    'an environment of 33 characters': [{ env: 'a'.repeat(33) }, { 'project.env': 'PATTERN' }],
    'an upper-case environment': [{ env: 'Main' }, { 'project.env': 'PATTERN' }],
    'a concurrency of 0': [{ concurrency: 0 }, { 'project.concurrency': 'GTE' }],
    'a concurrency below': [{ concurrency: -1 }, { 'project.concurrency': 'GTE' }],
    'a policy that does not exist': [
      { retentionPolicy: 99 as RetentionPolicy },
      { 'project.retention_policy': 'ENUM' },
    ],
    'a period of 8 days': [{ historyRetentionPeriod: 8 }, { 'project.history_retention_period': PERIODS }],
    'a period of 0 days': [{ historyRetentionPeriod: 0 }, { 'project.history_retention_period': PERIODS }],
    'a dataclip period of 8 days': [
      { historyRetentionPeriod: 30, dataclipRetentionPeriod: 8 },
      { 'project.dataclip_retention_period': PERIODS },
    ],
    'a dataclip period above the history’s': [
      { historyRetentionPeriod: 30, dataclipRetentionPeriod: 90 },
      { 'project.dataclip_retention_period': 'must be at most the history retention period, 30 days' },
    ],
    'an id that is none': [{ id: 'mine' }, { 'project.id': 'UUID' }],
    'a parent that is no id': [{ parentId: 'mine' }, { 'project.parent_id': 'UUID' }],
    'an empty parent': [{ parentId: '' }, { 'project.parent_id': 'UUID' }],
    NUL: [{ description: 'a\0' }, { 'project.description': 'NUL' }],
  };
  for (const [what, [fields, violations]] of Object.entries(wrong)) {
    it(`refuse ${what}`, async () => {
      await expect(refused(fields)).resolves.toMatchObject({
        code: 'INVALID_ARGUMENT',
        reason: 'VALIDATION_FAILED',
        fields: violations,
      });
    });
  }

  it('are told all at once, those of the members too', async () => {
    const request = create({
      project: { name: '', historyRetentionPeriod: 8 },
      members: [{ userId: superuser.id, role: Role.ADMIN }],
    });
    await expect(refusal(request)).resolves.toMatchObject({
      fields: {
        'project.name': 'REQUIRED',
        'project.history_retention_period': PERIODS,
        members: 'ONE_OWNER',
      },
    });
  });

  it.each<Fields>([
    { name: 'a' },
    { name: '-' },
    { name: 'a'.repeat(255) },
    { description: '' },
    // Characters, not code units or bytes.
    { description: '🚀'.repeat(240) },
    { color: '#Abc' },
    { color: '#a1B2c3' },
    { color: '#a1B2c3d4' },
    { env: '0' },
    { env: 'a'.repeat(32) },
    { concurrency: 1 },
    { historyRetentionPeriod: 7 },
    { historyRetentionPeriod: 14, dataclipRetentionPeriod: 7 },
  ])('allow %o', async (fields) => {
    await expect(created(fields)).resolves.toMatchObject(fields);
  });

  it('need a project', async () => {
    await expect(refusal(create({}))).resolves.toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { project: 'REQUIRED' },
    });
  });

  it.each<[string, Fields]>([
    ['without a history period', { dataclipRetentionPeriod: 7 }],
    [
      'when all is erased',
      {
        historyRetentionPeriod: 30,
        dataclipRetentionPeriod: 7,
        retentionPolicy: RetentionPolicy.ERASE_ALL,
      },
    ],
    // What does not count is not looked at.
    ['without a history period, whatever it was', { dataclipRetentionPeriod: 8 }],
  ])('let the dataclip period go %s', async (_, fields) => {
    const project = await created(fields);
    expect(project.dataclipRetentionPeriod).toBeUndefined();
    expect(project.historyRetentionPeriod).toBe(fields.historyRetentionPeriod);
  });
});

describe('The id of a new project', () => {
  it('may be the caller’s, and is kept in lower case', async () => {
    const id = randomUUID();
    await expect(created({ id: id.toUpperCase() })).resolves.toMatchObject({ id });
  });

  it('may not be another project’s', async () => {
    const { id } = await created({});
    await expect(refused({ id })).resolves.toMatchObject({
      code: 'ALREADY_EXISTS',
      reason: 'PROJECT_ID_TAKEN',
      fields: { 'project.id': 'another project has this id' },
    });
  });
});

describe('The first members', () => {
  it('are those named, editors unless something else is said', async () => {
    const [owner, editor, viewer] = [await aUser(service), await aUser(service), await aUser(service)];
    const { project, members } = await create({
      project: { name: 'staffed' },
      members: [
        { userId: owner.id.toUpperCase(), role: Role.OWNER },
        { userId: editor.id },
        { userId: viewer.id, role: Role.VIEWER },
      ],
    });
    const roles = Object.fromEntries(members.map(({ userId, role }) => [userId, role]));
    expect(roles).toEqual({ [owner.id]: Role.OWNER, [editor.id]: Role.EDITOR, [viewer.id]: Role.VIEWER });
    expect(members.map(({ projectId }) => projectId)).toEqual(Array(3).fill(project.id));
    expect(members.map(({ user }) => user?.email).toSorted()).toEqual(
      [owner.email, editor.email, viewer.email].toSorted(),
    );
  });

  it('are the caller as the owner when none is named', async () => {
    const { members } = await create({ project: { name: 'own' } }, superuser.token);
    expect(members).toMatchObject([{ userId: superuser.id, role: Role.OWNER }]);
  });

  it('are whom a service acts for', async () => {
    const actor = await aUser(service);
    const { members } = await create({ project: { name: 'own' }, actorUserId: actor.id.toUpperCase() });
    expect(members).toMatchObject([{ userId: actor.id, role: Role.OWNER }]);
  });

  it('are nobody when a service acts for nobody', async () => {
    const { members } = await create({ project: { name: 'nobodys' } });
    expect(members).toEqual([]);
  });

  it('do not take the actor in when they are named', async () => {
    const owner = await aUser(service);
    const { members } = await create(
      { project: { name: 'theirs' }, members: [{ userId: owner.id, role: Role.OWNER }] },
      superuser.token,
    );
    expect(members.map(({ userId }) => userId)).toEqual([owner.id]);
  });

  it.each([
    ['no owner', [Role.ADMIN, Role.EDITOR], 0],
    ['two owners', [Role.OWNER, Role.OWNER], 2],
  ])('cannot have %s', async (_, roles, owners) => {
    const members = await Promise.all(
      roles.map(async (role) => ({ userId: (await aUser(service)).id, role })),
    );
    await expect(refusal(create({ project: { name: 'wrong' }, members }))).resolves.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: `members: must hold exactly one owner, not ${owners}`,
      fields: { members: 'ONE_OWNER' },
    });
  });

  it('cannot hold anybody twice, in whatever case the id is written', async () => {
    const [owner, twice] = [await aUser(service), await aUser(service)];
    const request = create({
      project: { name: 'wrong' },
      members: [
        { userId: owner.id, role: Role.OWNER },
        { userId: twice.id },
        { userId: twice.id.toUpperCase(), role: Role.ADMIN },
      ],
    });
    const { code, fields } = await refusal(request);
    expect([code, Object.keys(fields)]).toEqual(['INVALID_ARGUMENT', ['members[2].user_id']]);
  });

  it('must be known, each of them', async () => {
    const owner = await aUser(service);
    const request = create({
      project: { name: 'wrong' },
      members: [{ userId: randomUUID() }, { userId: owner.id, role: Role.OWNER }, { userId: randomUUID() }],
    });
    const { code, reason, fields } = await refusal(request);
    expect([code, reason]).toEqual(['INVALID_ARGUMENT', 'UNKNOWN_USER']);
    expect(Object.keys(fields)).toEqual(['members[0].user_id', 'members[2].user_id']);
  });

  it('cannot be an actor whom nobody knows', async () => {
    const request = create({ project: { name: 'wrong' }, actorUserId: randomUUID() });
    await expect(refusal(request)).resolves.toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'UNKNOWN_USER',
      fields: { actor_user_id: expect.stringContaining('is unknown') },
    });
  });
});

describe('Names', () => {
  it('of roots may repeat', async () => {
    const [one, other] = [await created({ name: 'twin' }), await created({ name: 'twin' })];
    expect(one.id).not.toBe(other.id);
  });

  it('of siblings may not, others may', async () => {
    const [parent, uncle] = [await created({ name: 'family' }), await created({})];
    await created({ name: 'child', parentId: parent.id });
    await expect(refused({ name: 'child', parentId: parent.id.toUpperCase() })).resolves.toMatchObject({
      code: 'ALREADY_EXISTS',
      reason: 'PROJECT_NAME_TAKEN',
      fields: { 'project.name': 'another sandbox of the same parent has this name' },
    });
    await created({ name: 'child', parentId: uncle.id });
    await created({ name: 'family', parentId: parent.id });
    await created({ name: 'child' });
  });

  it('of siblings go to one of 50 who ask for the same at once', async () => {
    const { id: parentId } = await created({});
    const attempts = Array.from({ length: 50 }, () => create({ project: { name: 'contested', parentId } }));
    const outcomes = await Promise.allSettled(attempts);

    const losers = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(losers).toHaveLength(49);
    for (const { reason } of losers) {
      await expect(refusal(Promise.reject(reason))).resolves.toMatchObject({
        code: 'ALREADY_EXISTS',
        reason: 'PROJECT_NAME_TAKEN',
        fields: { 'project.name': 'another sandbox of the same parent has this name' },
      });
    }
    await expect(
      rows(service, 'select name from projects where parent_id = $1', [parentId]),
    ).resolves.toEqual([{ name: 'contested' }]);
    // The losers left no event behind either.
    await expect(
      rows(
        service,
        `select kind from events join projects on projects.id = events.project_id where parent_id = $1`,
        [parentId],
      ),
    ).resolves.toEqual([{ kind: 'project_created' }]);
  });
});

describe('The parent of a new project', () => {
  it('must exist', async () => {
    const parentId = randomUUID();
    await expect(refused({ parentId })).resolves.toMatchObject({
      code: 'NOT_FOUND',
      reason: 'PROJECT_NOT_FOUND',
      resources: [`project/${parentId}`],
    });
  });

  it('may not be its own child', async () => {
    const id = randomUUID();
    await expect(refused({ id, parentId: id })).resolves.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('may not wait for its deletion', async () => {
    const { id: parentId } = await created({});
    await rows(service, 'update projects set scheduled_deletion = now() where id = $1', [parentId]);
    await expect(refused({ parentId })).resolves.toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'PROJECT_PENDING_DELETION',
      subjects: [`projects/${parentId}`],
    });
  });

  it('is gone once its deletion has begun', async () => {
    const { id: parentId } = await created({});
    await rows(service, 'update projects set deletion_started_at = now() where id = $1', [parentId]);
    await expect(refused({ parentId })).resolves.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('CreateProject with validate_only', () => {
  it('answers what would be, and makes nothing', async () => {
    const before = [await count('projects'), await count('events')];
    const id = randomUUID();
    const { project, members } = await create(
      { project: { id, name: 'maybe', color: '#fff' }, validateOnly: true },
      superuser.token,
    );
    expect(project).toMatchObject({ id, name: 'maybe', color: '#fff', env: 'main' });
    expect(members).toMatchObject([{ userId: superuser.id, role: Role.OWNER }]);
    expect([await count('projects'), await count('events')]).toEqual(before);
    // Nothing of it is in the way of the real one.
    await expect(created({ id })).resolves.toMatchObject({ id });
  });

  it('fails as the real one would', async () => {
    const { id: parentId } = await created({});
    await created({ name: 'taken', parentId });
    const taken = create({ project: { name: 'taken', parentId }, validateOnly: true });
    await expect(refusal(taken)).resolves.toMatchObject({ reason: 'PROJECT_NAME_TAKEN' });
    const unknown = create({ project: { name: 'x' }, actorUserId: randomUUID(), validateOnly: true });
    await expect(refusal(unknown)).resolves.toMatchObject({ reason: 'UNKNOWN_USER' });
  });
});

describe('CreateProject with a request_id', () => {
  it('answers a repeat as the first time, and makes nothing more', async () => {
    const request = { project: { name: 'once' }, requestId: randomUUID() };
    const first = await create(request);
    const before = await count('projects');
    await service
      .client(ProjectsService, service.admin)
      .updateProject({ project: { id: first.project.id, name: 'renamed' } });
    await expect(create(request)).resolves.toEqual(first);
    expect(await count('projects')).toBe(before);
  });

  it('makes one project when the same request comes many times at once', async () => {
    const request = { project: { name: 'once' }, requestId: randomUUID() };
    const before = await count('projects');
    const answers = await Promise.all(Array.from({ length: 15 }, () => create(request)));
    expect(new Set(answers.map(({ project }) => project.id)).size).toBe(1);
    expect(await count('projects')).toBe(before + 1);
  });

  it('refuses another request with the same id', async () => {
    const requestId = randomUUID();
    await create({ project: { name: 'one' }, requestId });
    const other = create({ project: { name: 'other' }, requestId: requestId.toUpperCase() });
    await expect(refusal(other)).resolves.toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'REQUEST_ID_REUSED',
      fields: { request_id: expect.stringContaining('was used before') },
    });
  });

  it('keeps the ids of different callers apart', async () => {
    const requestId = randomUUID();
    const one = await create({ project: { name: 'same' }, requestId });
    const other = await create({ project: { name: 'same' }, requestId }, superuser.token);
    expect(other.project.id).not.toBe(one.project.id);
  });

  it('may be sent again after it failed', async () => {
    const actor = randomUUID();
    const request = { project: { name: 'again' }, actorUserId: actor, requestId: randomUUID() };
    await expect(refusal(create(request))).resolves.toMatchObject({ reason: 'UNKNOWN_USER' });
    await rows(service, 'insert into users (id, email) values ($1, $2)', [actor, `${actor}@example.org`]);
    await expect(create(request)).resolves.toMatchObject({ project: { name: 'again' } });
  });

  it('does not use the id up with validate_only', async () => {
    const requestId = randomUUID();
    const before = await count('idempotency_keys');
    await create({ project: { name: 'tried' }, requestId, validateOnly: true });
    expect(await count('idempotency_keys')).toBe(before);
    await expect(create({ project: { name: 'done' }, requestId })).resolves.toBeDefined();
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
