import { randomUUID } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writePageToken } from '../../src/call/page-token.ts';
import type { Project } from '../../src/gen/lightning/projects/v1/project_pb.ts';
import type { ListProjectsRequestSchema } from '../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { ProjectsService, startTestService, type TestService } from '../support/service.ts';

type Request = MessageInitShape<typeof ListProjectsRequestSchema>;

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

function list(request: Request) {
  return service.client(ProjectsService, service.admin).listProjects(request);
}

/** Everything, page by page; `between` runs after each page. */
async function listAll(request: Request, between?: () => Promise<unknown>): Promise<Project[]> {
  const found: Project[] = [];
  for (let pageToken = ''; ; ) {
    const page = await list({ ...request, pageToken });
    found.push(...page.projects);
    pageToken = page.nextPageToken;
    if (pageToken === '') return found;
    await between?.();
  }
}

interface Row {
  readonly name: string;
  readonly parent?: string;
  readonly insertedAt?: string;
  readonly updatedAt?: string;
  readonly history?: number;
  readonly scheduled?: boolean;
  readonly deleting?: boolean;
}

/** Projects that are told apart by more than CreateProject lets one say; their ids in the order given. */
async function insert(projects: readonly Row[]): Promise<string[]> {
  const ids = projects.map(() => randomUUID());
  await rows(
    service,
    `insert into projects (id, name, parent_id, inserted_at, updated_at, history_retention_period,
       scheduled_deletion, deletion_started_at, head_hash)
     select id, name, parent_id, coalesce(inserted_at, now()), coalesce(updated_at, now()), history,
       case when scheduled then '2026-01-02T03:04:05Z'::timestamptz end, case when deleting then now() end,
       '4f53cda18c2b'
     from jsonb_to_recordset($1) as p (id uuid, name text, parent_id uuid, inserted_at timestamptz,
       updated_at timestamptz, history int, scheduled boolean, deleting boolean)`,
    [
      JSON.stringify(
        projects.map(({ name, parent, insertedAt, updatedAt, history, scheduled, deleting }, index) => ({
          id: ids[index],
          name,
          parent_id: parent,
          inserted_at: insertedAt,
          updated_at: updatedAt,
          history,
          scheduled,
          deleting,
        })),
      ),
    ],
  );
  return ids;
}

/** A prefix of its own keeps the tests of this file apart. */
function prefix(): string {
  return `${randomUUID()}-`;
}

function namesOf(projects: readonly Project[]): string[] {
  return projects.map(({ name }) => name);
}

describe('The filters of ListProjects', () => {
  it('show roots, sandboxes and what is scheduled for deletion when there are none', async () => {
    const namePrefix = prefix();
    const [parent] = await insert([{ name: `${namePrefix}root` }]);
    await insert([
      { name: `${namePrefix}sandbox`, parent: String(parent) },
      { name: `${namePrefix}scheduled`, scheduled: true },
    ]);
    const { projects } = await list({ namePrefix });
    expect(projects).toMatchObject([
      { name: `${namePrefix}root`, id: parent },
      { name: `${namePrefix}sandbox`, parentId: parent },
      { name: `${namePrefix}scheduled`, scheduledDeletion: { seconds: 1767323045n, nanos: 0 } },
    ]);
    expect(projects.map((project) => project.parent)).toEqual([undefined, undefined, undefined]);
  });

  it('take one side or the other of what is scheduled and of what has a history period', async () => {
    const namePrefix = prefix();
    await insert([
      { name: `${namePrefix}1` },
      { name: `${namePrefix}2`, scheduled: true },
      { name: `${namePrefix}3`, history: 30 },
      { name: `${namePrefix}4`, history: 7, scheduled: true },
    ]);
    const found = async (filters: Request) =>
      namesOf((await list({ namePrefix, ...filters })).projects)
        .map((name) => name.at(-1))
        .join('');
    expect(await found({ scheduledForDeletion: true })).toBe('24');
    expect(await found({ scheduledForDeletion: false })).toBe('13');
    expect(await found({ hasHistoryRetention: true })).toBe('34');
    expect(await found({ hasHistoryRetention: false })).toBe('12');
    expect(await found({ hasHistoryRetention: true, scheduledForDeletion: true })).toBe('4');
  });

  it('take the direct sandboxes of a parent', async () => {
    const namePrefix = prefix();
    const [root] = await insert([{ name: `${namePrefix}root` }]);
    const [child] = await insert([{ name: `${namePrefix}child`, parent: String(root) }]);
    await insert([{ name: `${namePrefix}grandchild`, parent: String(child) }]);
    const { projects } = await list({ parentId: String(root).toUpperCase() });
    expect(projects.map(({ id }) => id)).toEqual([child]);
    expect((await list({ parentId: randomUUID() })).projects).toEqual([]);
  });

  it('take the beginning of a name for what it is', async () => {
    const namePrefix = prefix();
    await insert(
      ['a', 'a-b', 'ab', 'ab0', 'abz', 'ac', 'b'].map((name) => ({ name: `${namePrefix}${name}` })),
    );
    const found = async (text: string) =>
      namesOf((await list({ namePrefix: `${namePrefix}${text}` })).projects).map((name) =>
        name.slice(namePrefix.length),
      );
    expect(await found('ab')).toEqual(['ab', 'ab0', 'abz']);
    expect(await found('a')).toEqual(['a', 'a-b', 'ab', 'ab0', 'abz', 'ac']);
    for (const pattern of ['%', '_', 'a%', 'a_', 'a\\', 'A', 'a.*', '~', 'é', '🚀']) {
      expect(await found(pattern), pattern).toEqual([]);
    }
  });

  it('never show a project whose deletion has begun', async () => {
    const namePrefix = prefix();
    const [root] = await insert([{ name: `${namePrefix}root` }]);
    await insert([
      { name: `${namePrefix}gone`, deleting: true, scheduled: true, history: 7, parent: String(root) },
    ]);
    const filters: Request[] = [
      {},
      { scheduledForDeletion: true },
      { hasHistoryRetention: true },
      { parentId: String(root) },
    ];
    for (const filter of filters) {
      expect(namesOf((await list({ namePrefix, ...filter })).projects)).not.toContain(`${namePrefix}gone`);
    }
  });
});

describe('The order of ListProjects', () => {
  it('is by name, bytewise, unless something else is asked for', async () => {
    const namePrefix = prefix();
    await insert(['b', 'a-', 'a', '0', '-', 'aa', 'z'].map((name) => ({ name: `${namePrefix}${name}` })));
    const sorted = ['-', '0', 'a', 'a-', 'aa', 'b', 'z'].map((name) => `${namePrefix}${name}`);
    expect(namesOf((await list({ namePrefix })).projects)).toEqual(sorted);
    expect(namesOf((await list({ namePrefix, orderBy: 'name' })).projects)).toEqual(sorted);
    expect(namesOf((await list({ namePrefix, orderBy: 'name desc' })).projects)).toEqual(sorted.toReversed());
  });

  it.each(['inserted_at', 'updated_at'] as const)('is by %s to the microsecond, ties by id', async (by) => {
    const namePrefix = prefix();
    const other = by === 'inserted_at' ? 'updatedAt' : 'insertedAt';
    const field = by === 'inserted_at' ? 'insertedAt' : 'updatedAt';
    const at = (moment: string, otherMoment: string) => ({ [field]: moment, [other]: otherMoment });
    const ids = await insert([
      { name: `${namePrefix}c`, ...at('2026-01-01T00:00:00.000002Z', '2026-01-01T00:00:00Z') },
      { name: `${namePrefix}b`, ...at('2026-01-01T00:00:00.000001Z', '2026-02-01T00:00:00Z') },
      { name: `${namePrefix}a`, ...at('2026-01-01T00:00:00.000003Z', '2025-01-01T00:00:00Z') },
      { name: `${namePrefix}d`, ...at('2026-01-01T00:00:00.000003Z', '2024-01-01T00:00:00Z') },
    ]);
    const [second, first, ...tied] = ids;
    const expected = [first, second, ...tied.toSorted()];
    for (const pageSize of [1, 2, 3, 4]) {
      const up = await listAll({ namePrefix, orderBy: by, pageSize });
      expect(up.map(({ id }) => id)).toEqual(expected);
      const down = await listAll({ namePrefix, orderBy: `${by} desc`, pageSize });
      expect(down.map(({ id }) => id)).toEqual(expected.toReversed());
    }
  });

  it.each([
    'id',
    'name asc',
    'name,id',
    ' name',
    'NAME',
    'name  desc',
    'name desc nulls last',
    'inserted_at;',
  ])('cannot be "%s"', async (orderBy) => {
    await expect(refusal(list({ orderBy }))).resolves.toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { order_by: 'PATTERN' },
    });
  });
});

describe('The pages of ListProjects', () => {
  it('hold together every project once, whatever their size, while others are added', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.stringMatching(/^[a-c0-]{1,3}$/), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 13 }),
        fc.constantFrom('name', 'name desc', 'inserted_at', 'inserted_at desc'),
        fc.array(fc.stringMatching(/^[a-c0-]{1,3}$/), { maxLength: 6 }),
        async (names, pageSize, orderBy, late) => {
          const namePrefix = prefix();
          const present = await insert(names.map((name) => ({ name: `${namePrefix}${name}` })));
          const found = await listAll({ namePrefix, orderBy, pageSize }, async () => {
            const name = late.pop();
            if (name !== undefined) await insert([{ name: `${namePrefix}${name}` }]);
          });
          const ids = found.map(({ id }) => id);
          expect(new Set(ids).size).toBe(ids.length);
          expect(present.filter((id) => !ids.includes(id))).toEqual([]);
        },
      ),
      { numRuns: 25 },
    );
  }, 60_000);

  it('hold 50 when nothing is asked for, and never more than 1000', async () => {
    const namePrefix = prefix();
    await insert(Array.from({ length: 1001 }, (_, index) => ({ name: `${namePrefix}${index}` })));
    await expect(list({ namePrefix })).resolves.toMatchObject({ projects: { length: 50 } });
    const largest = await list({ namePrefix, pageSize: 2_147_483_647 });
    expect(largest.projects).toHaveLength(1000);
    const last = await list({ namePrefix, pageSize: 2_147_483_647, pageToken: largest.nextPageToken });
    expect(last.projects).toHaveLength(1);
    expect(last.nextPageToken).toBe('');
    // Not one too many: a page that is just full is the last one when nothing follows.
    await expect(list({ namePrefix: `${namePrefix}99`, pageSize: 11 })).resolves.toMatchObject({
      projects: { length: 11 },
      nextPageToken: '',
    });
  });

  it('cannot have a negative size', async () => {
    await expect(refusal(list({ pageSize: -1 }))).resolves.toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { page_size: 'GTE' },
    });
  });

  it('may change their size on the way', async () => {
    const namePrefix = prefix();
    await insert(['1', '2', '3', '4'].map((name) => ({ name: `${namePrefix}${name}` })));
    const first = await list({ namePrefix, pageSize: 1 });
    const rest = await list({ namePrefix, pageSize: 10, pageToken: first.nextPageToken });
    expect(namesOf(rest.projects)).toEqual(['2', '3', '4'].map((name) => `${namePrefix}${name}`));
  });

  it('go on only with the same filters and the same order, in the same list', async () => {
    const namePrefix = prefix();
    const [root] = await insert([{ name: `${namePrefix}root` }]);
    await insert(['1', '2'].map((name) => ({ name: `${namePrefix}${name}`, parent: String(root) })));
    const request = { namePrefix, parentId: String(root), pageSize: 1 };
    const { nextPageToken: pageToken } = await list(request);
    expect(pageToken).not.toBe('');
    const others: Request[] = [
      { ...request, orderBy: 'name desc' },
      { ...request, orderBy: 'inserted_at' },
      { ...request, namePrefix: '' },
      { pageSize: 1, namePrefix },
      { ...request, scheduledForDeletion: false },
      { ...request, hasHistoryRetention: false },
      { ...request, parentId: randomUUID() },
    ];
    for (const other of others) {
      await expect(refusal(list({ ...other, pageToken }))).resolves.toMatchObject({
        code: 'INVALID_ARGUMENT',
        fields: { page_token: expect.stringContaining('of a response to the same request') },
      });
    }
    const sandboxes = service
      .client(ProjectsService, service.admin)
      .listSandboxes({ parentId: String(root), pageToken });
    await expect(refusal(sandboxes)).resolves.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('do not go on from a token that somebody made up', async () => {
    const namePrefix = prefix();
    await insert(['1', '2'].map((name) => ({ name: `${namePrefix}${name}` })));
    const { nextPageToken } = await list({ namePrefix, pageSize: 1 });
    const parts: unknown[] = JSON.parse(Buffer.from(nextPageToken, 'base64url').toString());
    const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const forged = [
      'x',
      '====',
      'null',
      encoded(null),
      encoded({}),
      encoded([]),
      encoded([parts[0]]),
      encoded([parts[0], 'a', randomUUID()]),
      encoded([parts[0], ...parts.slice(1).toReversed()]),
      encoded([...parts, 'more']),
      encoded([parts[0], { toString: 1 }, []]),
      writePageToken(['a', randomUUID()], ['ListProjects']),
      nextPageToken.slice(0, -2),
    ];
    for (const pageToken of forged) {
      await expect(refusal(list({ namePrefix, pageToken })), pageToken).resolves.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    }
    await expect(refusal(list({ pageToken: 'x'.repeat(5000) }))).resolves.toMatchObject({
      fields: { page_token: 'MAX_BYTES' },
    });
  });
});
