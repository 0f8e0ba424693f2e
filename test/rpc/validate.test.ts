import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { ResourcesService } from '../../src/gen/lightning/projects/v1/resources_service_pb.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import {
  DirectoryService,
  MembersService,
  ProjectsService,
  startTestService,
  type TestService,
} from '../support/service.ts';

let service: TestService;
let projectId: string;
beforeAll(async () => {
  service = await startTestService();
  ({ id: projectId } = await aProject(service));
});
afterAll(() => service.close());

function clients(listener: 'client' | 'httpClient') {
  return {
    projects: service[listener](ProjectsService, service.admin),
    members: service[listener](MembersService, service.admin),
    directory: service[listener](DirectoryService, service.admin),
    resources: service[listener](ResourcesService, service.admin),
  };
}

type Clients = ReturnType<typeof clients>;

const user = () => ({ id: randomUUID(), email: 'ada@example.org' });

/** What is wrong with a request, the fields it breaks, and the rule of each. */
const broken: readonly [string, (clients: Clients) => Promise<unknown>, Record<string, string>][] = [
  ['an id that is none', ({ projects }) => projects.getProject({ id: 'nonsense' }), { id: 'UUID' }],
  ['an id in braces', ({ projects }) => projects.getProject({ id: `{${randomUUID()}}` }), { id: 'UUID' }],
  ['an id without hyphens', ({ projects }) => projects.getProject({ id: 'a'.repeat(32) }), { id: 'UUID' }],
  [
    'an id with a line break',
    ({ projects }) => projects.getProject({ id: `${randomUUID()}\n` }),
    { id: 'UUID' },
  ],
  ['no id', ({ projects }) => projects.getProject({}), { id: 'REQUIRED' }],
  ['no project to create', ({ projects }) => projects.createProject({}), { project: 'REQUIRED' }],
  ['no project to update', ({ projects }) => projects.updateProject({}), { project: 'REQUIRED' }],
  [
    'a project to update without an id',
    ({ projects }) => projects.updateProject({ project: { name: 'new' } }),
    { 'project.id': 'REQUIRED' },
  ],
  [
    'an empty name',
    ({ projects }) => projects.createProject({ project: { name: '' } }),
    { 'project.name': 'REQUIRED' },
  ],
  [
    'a name of 256 characters',
    ({ projects }) => projects.createProject({ project: { name: 'a'.repeat(256) } }),
    { 'project.name': 'MAX_LEN' },
  ],
  [
    'a name that is no slug',
    ({ projects }) => projects.createProject({ project: { name: 'My Project' } }),
    { 'project.name': 'PATTERN' },
  ],
  [
    'a description of 241 characters',
    ({ projects }) => projects.createProject({ project: { name: 'a', description: '😀'.repeat(241) } }),
    { 'project.description': 'MAX_LEN' },
  ],
  [
    'an enum number that nobody knows',
    ({ members }) => members.addMembers({ projectId, members: [{ userId: randomUUID(), role: 17 as Role }] }),
    { 'members[0].role': 'ENUM' },
  ],
  [
    'enum numbers that nobody knows in a list',
    ({ members }) => members.listMembers({ projectId, roles: [Role.OWNER, 9 as Role] }),
    { 'roles[1]': 'ENUM' },
  ],
  [
    'U+0000 in a text',
    ({ directory }) => directory.upsertUsers({ users: [{ ...user(), firstName: 'a\0b' }] }),
    { 'users[0].first_name': 'NUL' },
  ],
  [
    'an address without @',
    ({ directory }) => directory.upsertUsers({ users: [{ ...user(), email: 'ada' }] }),
    { 'users[0].email': 'EMAIL' },
  ],
  [
    'an address of 255 characters',
    ({ directory }) =>
      directory.upsertUsers({ users: [{ ...user(), email: `${'a'.repeat(243)}@example.org` }] }),
    { 'users[0].email': 'EMAIL' },
  ],
  [
    'a negative page size',
    ({ members }) => members.listMembers({ projectId, pageSize: -1 }),
    { page_size: 'GTE' },
  ],
  ['an empty list', ({ directory }) => directory.batchGetUsers({ ids: [] }), { ids: 'REQUIRED' }],
  [
    'more than 1,000 entries',
    ({ directory }) => directory.batchGetUsers({ ids: Array.from({ length: 1001 }, () => randomUUID()) }),
    { ids: 'MAX_ITEMS' },
  ],
  [
    'many things at once',
    ({ directory }) =>
      directory.upsertUsers({
        users: [
          { id: 'x', email: 'a b', firstName: 'n'.repeat(256) },
          user(),
          { email: 'ada@example.org', lastName: '\0' },
        ],
      }),
    {
      'users[0].id': 'UUID',
      'users[0].email': 'EMAIL',
      'users[0].first_name': 'MAX_LEN',
      'users[2].id': 'REQUIRED',
      'users[2].last_name': 'NUL',
    },
  ],
];

describe.each(['client', 'httpClient'] as const)('Through the %s', (listener) => {
  it.each(broken)('a request with %s is refused, field by field', async (_, send, fields) => {
    const refused = await refusal(send(clients(listener)));

    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'VALIDATION_FAILED' });
    expect(refused.fields).toEqual(fields);
  });

  it.each([
    ['a description of 240 characters outside the basic plane', { description: '😀'.repeat(240) }],
    ['an id in upper case', { id: randomUUID().toUpperCase() }],
    ['fields that only the service sets', { headHash: 'nonsense', parent: { id: 'none' } }],
  ])('a request with %s passes', async (_, fields) => {
    const { projects } = clients(listener);

    const call = projects.createProject({ project: { name: 'valid', ...fields }, validateOnly: true });

    await expect(call).resolves.toBeDefined();
  });
});

describe('A moment that no Timestamp can name', () => {
  it.each([
    ['before the year 1', { seconds: -62_135_596_801n, nanos: 0 }],
    ['after the year 9999', { seconds: 253_402_300_800n, nanos: 0 }],
    ['of less than no nanoseconds', { seconds: 0n, nanos: -1 }],
    ['of a second of nanoseconds', { seconds: 0n, nanos: 1_000_000_000 }],
  ])('is refused: one %s', async (_, insertedFrom) => {
    const { resources } = clients('client');

    const refused = await refusal(
      resources.listRuns({ projectId, insertedFrom, insertedBefore: insertedFrom }),
    );

    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'VALIDATION_FAILED' });
    expect(refused.fields).toEqual({ inserted_from: 'TIMESTAMP', inserted_before: 'TIMESTAMP' });
  });

  it('is not the first or the last that it can', async () => {
    const insertedFrom = { seconds: -62_135_596_800n, nanos: 0 };
    const insertedBefore = { seconds: 253_402_300_799n, nanos: 999_999_999 };

    const call = clients('client').resources.listRuns({ projectId, insertedFrom, insertedBefore });

    await expect(call).resolves.toMatchObject({ runs: [] });
  });
});

describe('An address', () => {
  it.each([
    ...[...'<>()[],;:\\"@ '].map((mark) => [`"${mark}"`, mark]),
    ['a line break', '\n'],
    ['a control character', '\u0085'],
    ['a zero-width space', '\u200b'],
    ['a zero-width joiner', '\u200d'],
    ['a mark that turns the direction', '\u202e'],
    ['a space of another script', '\u3000'],
  ])('with %s is refused on both sides of its @, also for somebody to invite', async (_, mark = '') => {
    const emails = [`a${mark}da@example.org`, `ada@exa${mark}mple.org`];
    const { directory, members } = clients('client');

    const refusedUsers = await refusal(
      directory.upsertUsers({ users: emails.map((email) => ({ ...user(), email })) }),
    );
    const refusedGuests = await refusal(
      members.inviteCollaborators({ projectId, collaborators: emails.map((email) => ({ email })) }),
    );

    expect(refusedUsers.fields).toEqual({ 'users[0].email': 'EMAIL', 'users[1].email': 'EMAIL' });
    expect(refusedGuests.fields).toEqual({
      'collaborators[0].email': 'EMAIL',
      'collaborators[1].email': 'EMAIL',
    });
  });

  it('may have letters of any script, and every other mark', async () => {
    const emails = [
      "ada.o'neil+reports=2026@example.org",
      '!#$%&*/?^_`{|}~-@example.org',
      'jürgen@müller.example',
      'ஆதி@எடுத்துக்காட்டு.example',
      'আদা@উদাহরণ.example',
      '用户@例え.テスト',
      'दा्ता@उदाहरण.परीक्षा',
      'e\u0301mile@example.org',
      '😀@example.org',
    ];

    const { users } = await clients('client').directory.upsertUsers({
      users: emails.map((email) => ({ ...user(), email })),
    });

    expect(users.map(({ email }) => email)).toEqual(emails);
  });
});

describe('A request with a thousand bad ids', () => {
  const ids = Array.from({ length: 1000 }, (_, index) => `nonsense ${index}`);
  const places = ids.map((_, index) => `ids[${index}]`);

  it('has each of them named over Connect', async () => {
    const refused = await refusal(clients('httpClient').directory.batchGetUsers({ ids }));

    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'VALIDATION_FAILED' });
    expect(Object.keys(refused.fields)).toEqual(places);
  });

  it('has as many named over gRPC as fit into its trailers, and the rest counted', async () => {
    const refused = await refusal(clients('client').directory.batchGetUsers({ ids }));

    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'VALIDATION_FAILED' });
    const named = Object.keys(refused.fields);
    expect(named.at(-1)).toBe('');
    expect(refused.fields['']).toBe('MORE_PROBLEMS');
    expect(named.slice(0, -1)).toEqual(places.slice(0, named.length - 1));
  });
});

describe('Of more entries than a field may have', () => {
  const ids = Array.from({ length: 1001 }, (_, index) => `nonsense ${index}`);
  const files = Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`\0${index}`, '']));

  it.each<[string, (clients: Clients) => Promise<unknown>, Record<string, string>]>([
    ['a list', ({ projects }) => projects.batchGetProjects({ ids }), { ids: 'MAX_ITEMS' }],
    ['a map', ({ projects }) => projects.importProject({ yaml: 'name: p', files }), { files: 'MAX_ITEMS' }],
  ])('only their number is told: %s', async (_, call, fields) => {
    expect((await refusal(call(clients('httpClient')))).fields).toEqual(fields);
  });
});

describe('A field mask', () => {
  it.each([
    ['too many paths', Array<string>(101).fill('name'), 'MAX_ITEMS'],
    ['a path that is too long', ['name', 'x'.repeat(101)], 'MAX_LEN'],
  ])('of %s is refused, and nothing of it is repeated', async (_, paths, rule) => {
    const request = { project: { id: randomUUID() }, updateMask: { paths } };
    const { fields } = await refusal(clients('client').projects.updateProject(request));
    expect(fields).toEqual({ 'update_mask.paths': rule });
  });
});

describe('Half a surrogate pair, which only JSON can carry,', () => {
  it('is refused by the name of its field', async () => {
    const response = await fetch(`${service.httpUrl}/${DirectoryService.typeName}/UpsertUsers`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${service.admin}` },
      body: JSON.stringify({ users: [{ ...user(), firstName: 'half \ud83d' }] }),
    });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining('first_name'),
    });
  });
});

it('A message that quotes what was sent is whole over Connect, and over gRPC as long as its trailers take it', async () => {
  const paths = Array.from({ length: 5 }, (_, index) => `${'ä'.repeat(90)}${index}`);
  const request = { project: { id: projectId }, updateMask: { paths } };
  const messageOf = async (kind: 'client' | 'httpClient') =>
    (await refusal(clients(kind).projects.updateProject(request))).message;

  const whole = await messageOf('httpClient');
  const cut = await messageOf('client');

  for (const path of paths) expect(whole).toContain(`"${path}"`);
  expect(Buffer.byteLength(cut)).toBeLessThan(900);
  expect(cut.endsWith('…')).toBe(true);
  expect(whole.startsWith(cut.slice(0, -1))).toBe(true);
});
