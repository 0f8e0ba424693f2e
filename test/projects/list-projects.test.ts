import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal } from '../support/refusal.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { insert, list, listAll, namesOf, prefix, type Request } from './support/list.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

describe('The filters of ListProjects', () => {
  it('show roots, sandboxes and what is scheduled for deletion when there are none', async () => {
    const namePrefix = prefix();
    const [parent] = await insert(service, [{ name: `${namePrefix}root` }]);
    await insert(service, [
      { name: `${namePrefix}sandbox`, parent: String(parent) },
      { name: `${namePrefix}scheduled`, scheduled: true },
    ]);
    const { projects } = await list(service, { namePrefix });
    expect(projects).toMatchObject([
      { name: `${namePrefix}root`, id: parent },
      { name: `${namePrefix}sandbox`, parentId: parent },
      { name: `${namePrefix}scheduled`, scheduledDeletion: { seconds: 1767323045n, nanos: 0 } },
    ]);
    expect(projects.map((project) => project.parent)).toEqual([undefined, undefined, undefined]);
  });

  it('take one side or the other of what is scheduled and of what has a history period', async () => {
    const namePrefix = prefix();
    await insert(service, [
      { name: `${namePrefix}1` },
      { name: `${namePrefix}2`, scheduled: true },
      { name: `${namePrefix}3`, history: 30 },
      { name: `${namePrefix}4`, history: 7, scheduled: true },
    ]);
    const found = async (filters: Request) =>
      namesOf((await list(service, { namePrefix, ...filters })).projects)
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
    const [root] = await insert(service, [{ name: `${namePrefix}root` }]);
    const [child] = await insert(service, [{ name: `${namePrefix}child`, parent: String(root) }]);
    await insert(service, [{ name: `${namePrefix}grandchild`, parent: String(child) }]);
    const { projects } = await list(service, { parentId: String(root).toUpperCase() });
    expect(projects.map(({ id }) => id)).toEqual([child]);
    expect((await list(service, { parentId: randomUUID() })).projects).toEqual([]);
  });

  it('take the beginning of a name for what it is', async () => {
    const namePrefix = prefix();
    await insert(
      service,
      ['a', 'a-b', 'ab', 'ab0', 'abz', 'ac', 'b'].map((name) => ({ name: `${namePrefix}${name}` })),
    );
    const found = async (text: string) =>
      namesOf((await list(service, { namePrefix: `${namePrefix}${text}` })).projects).map((name) =>
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
    const [root] = await insert(service, [{ name: `${namePrefix}root` }]);
    await insert(service, [
      { name: `${namePrefix}gone`, deleting: true, scheduled: true, history: 7, parent: String(root) },
    ]);
    const filters: Request[] = [
      {},
      { scheduledForDeletion: true },
      { hasHistoryRetention: true },
      { parentId: String(root) },
    ];
    for (const filter of filters) {
      expect(namesOf((await list(service, { namePrefix, ...filter })).projects)).not.toContain(
        `${namePrefix}gone`,
      );
    }
  });
});

describe('The order of ListProjects', () => {
  it('is by name, bytewise, unless something else is asked for', async () => {
    const namePrefix = prefix();
    await insert(
      service,
      ['b', 'a-', 'a', '0', '-', 'aa', 'z'].map((name) => ({ name: `${namePrefix}${name}` })),
    );
    const sorted = ['-', '0', 'a', 'a-', 'aa', 'b', 'z'].map((name) => `${namePrefix}${name}`);
    expect(namesOf((await list(service, { namePrefix })).projects)).toEqual(sorted);
    expect(namesOf((await list(service, { namePrefix, orderBy: 'name' })).projects)).toEqual(sorted);
    expect(namesOf((await list(service, { namePrefix, orderBy: 'name desc' })).projects)).toEqual(
      sorted.toReversed(),
    );
  });

  it.each(['inserted_at', 'updated_at'] as const)('is by %s to the microsecond, ties by id', async (by) => {
    const namePrefix = prefix();
    const other = by === 'inserted_at' ? 'updatedAt' : 'insertedAt';
    const field = by === 'inserted_at' ? 'insertedAt' : 'updatedAt';
    const at = (moment: string, otherMoment: string) => ({ [field]: moment, [other]: otherMoment });
    const ids = await insert(service, [
      { name: `${namePrefix}c`, ...at('2026-01-01T00:00:00.000002Z', '2026-01-01T00:00:00Z') },
      { name: `${namePrefix}b`, ...at('2026-01-01T00:00:00.000001Z', '2026-02-01T00:00:00Z') },
      { name: `${namePrefix}a`, ...at('2026-01-01T00:00:00.000003Z', '2025-01-01T00:00:00Z') },
      { name: `${namePrefix}d`, ...at('2026-01-01T00:00:00.000003Z', '2024-01-01T00:00:00Z') },
    ]);
    const [second, first, ...tied] = ids;
    const expected = [first, second, ...tied.toSorted()];
    for (const pageSize of [1, 2, 3, 4]) {
      const up = await listAll(service, { namePrefix, orderBy: by, pageSize });
      expect(up.map(({ id }) => id)).toEqual(expected);
      const down = await listAll(service, { namePrefix, orderBy: `${by} desc`, pageSize });
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
    await expect(refusal(list(service, { orderBy }))).resolves.toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { order_by: 'PATTERN' },
    });
  });
});
