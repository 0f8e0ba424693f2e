import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writePageToken } from '../../src/call/page-token.ts';
import { refusal } from '../support/refusal.ts';
import { ProjectsService, startTestService, type TestService } from '../support/service.ts';
import { insert, list, listAll, namesOf, prefix, type Request } from './support/list.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

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
          const present = await insert(
            service,
            names.map((name) => ({ name: `${namePrefix}${name}` })),
          );
          const found = await listAll(service, { namePrefix, orderBy, pageSize }, async () => {
            const name = late.pop();
            if (name !== undefined) await insert(service, [{ name: `${namePrefix}${name}` }]);
          });
          const ids = found.map(({ id }) => id);
          expect(new Set(ids).size).toBe(ids.length);
          expect(present.filter((id) => !ids.includes(id))).toEqual([]);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('hold 50 when nothing is asked for, and never more than 1000', async () => {
    const namePrefix = prefix();
    await insert(
      service,
      Array.from({ length: 1001 }, (_, index) => ({ name: `${namePrefix}${index}` })),
    );
    await expect(list(service, { namePrefix })).resolves.toMatchObject({ projects: { length: 50 } });
    const largest = await list(service, { namePrefix, pageSize: 2_147_483_647 });
    expect(largest.projects).toHaveLength(1000);
    const last = await list(service, {
      namePrefix,
      pageSize: 2_147_483_647,
      pageToken: largest.nextPageToken,
    });
    expect(last.projects).toHaveLength(1);
    expect(last.nextPageToken).toBe('');
    // Not one too many: a page that is just full is the last one when nothing follows.
    await expect(list(service, { namePrefix: `${namePrefix}99`, pageSize: 11 })).resolves.toMatchObject({
      projects: { length: 11 },
      nextPageToken: '',
    });
  });

  it('cannot have a negative size', async () => {
    await expect(refusal(list(service, { pageSize: -1 }))).resolves.toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { page_size: 'GTE' },
    });
  });

  it('may change their size on the way', async () => {
    const namePrefix = prefix();
    await insert(
      service,
      ['1', '2', '3', '4'].map((name) => ({ name: `${namePrefix}${name}` })),
    );
    const first = await list(service, { namePrefix, pageSize: 1 });
    const rest = await list(service, { namePrefix, pageSize: 10, pageToken: first.nextPageToken });
    expect(namesOf(rest.projects)).toEqual(['2', '3', '4'].map((name) => `${namePrefix}${name}`));
  });

  it('go on only with the same filters and the same order, in the same list', async () => {
    const namePrefix = prefix();
    const [root] = await insert(service, [{ name: `${namePrefix}root` }]);
    await insert(
      service,
      ['1', '2'].map((name) => ({ name: `${namePrefix}${name}`, parent: String(root) })),
    );
    const request = { namePrefix, parentId: String(root), pageSize: 1 };
    const { nextPageToken: pageToken } = await list(service, request);
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
      await expect(refusal(list(service, { ...other, pageToken }))).resolves.toMatchObject({
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
    await insert(
      service,
      ['1', '2'].map((name) => ({ name: `${namePrefix}${name}` })),
    );
    const { nextPageToken } = await list(service, { namePrefix, pageSize: 1 });
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
      await expect(refusal(list(service, { namePrefix, pageToken })), pageToken).resolves.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    }
    await expect(refusal(list(service, { pageToken: 'x'.repeat(5000) }))).resolves.toMatchObject({
      fields: { page_token: 'MAX_BYTES' },
    });
  });
});
