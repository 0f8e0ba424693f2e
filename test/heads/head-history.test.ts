import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headPage } from '../../src/heads/list-project-heads.ts';
import { planOf } from '../support/explain.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { ProjectsService, startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const projects = () => service.client(ProjectsService, service.admin);
const append = (projectId: string, headHash: string, expectedHead?: string) =>
  projects().appendProjectHead({
    projectId,
    headHash,
    ...(expectedHead === undefined ? {} : { expectedHead }),
  });
/** 12 hexadecimal digits that say which one it is. */
const hash = (number: number) => number.toString(16).padStart(12, '0');

/** `position hash` of the whole history. */
async function history(projectId: string): Promise<string[]> {
  const { heads } = await projects().listProjectHeads({ projectId, pageSize: 1000 });
  return heads.map(({ position, hash: text }) => `${position} ${text}`);
}

describe('AppendProjectHead', () => {
  it('appends heads in order, each once', async () => {
    const { id } = await aProject(service);
    expect(await append(id, hash(1))).toMatchObject({ appended: true, currentHead: hash(1) });
    expect(await append(id, hash(2))).toMatchObject({ appended: true, currentHead: hash(2) });
    expect(await append(id, hash(1))).toMatchObject({
      headHash: hash(1),
      appended: false,
      currentHead: hash(2),
    });
    expect(await history(id)).toEqual([`1 ${hash(1)}`, `2 ${hash(2)}`]);
  });

  it('keeps histories of projects apart', async () => {
    const [one, other] = [await aProject(service), await aProject(service)];
    await append(one.id, hash(1));
    expect(await append(other.id, hash(1))).toMatchObject({ appended: true });
    expect(await history(other.id)).toEqual([`1 ${hash(1)}`]);
  });

  it.each(['', 'abc', '0123456789AB', '0123456789abc', '0123456789ab\n', '0123456789ag', ' 123456789ab'])(
    'refuses %j before it looks at anything else',
    async (headHash) => {
      const { id } = await aProject(service);
      expect(await refusal(append(id, headHash, hash(1)))).toMatchObject({
        code: 'INVALID_ARGUMENT',
        reason: 'BAD_HASH',
        message: 'head_hash must be 12 lowercase hex chars',
        fields: { head_hash: 'must be 12 lowercase hex chars' },
      });
    },
  );

  it('appends after the head that was expected, and after none', async () => {
    const { id } = await aProject(service);
    expect(await append(id, hash(1), '')).toMatchObject({ appended: true });
    expect(await append(id, hash(2), hash(1))).toMatchObject({ appended: true });
  });

  it('refuses with the present head when another one was expected', async () => {
    const { id } = await aProject(service);
    const mismatch = { code: 'ABORTED', reason: 'HEAD_MISMATCH' };
    expect(await refusal(append(id, hash(1), hash(9)))).toMatchObject({
      ...mismatch,
      metadata: { current_head: '' },
    });
    await append(id, hash(1));
    expect(await refusal(append(id, hash(2), hash(9)))).toMatchObject({
      ...mismatch,
      metadata: { current_head: hash(1) },
    });
    expect(await refusal(append(id, hash(2), ''))).toMatchObject(mismatch);
    expect(await history(id)).toEqual([`1 ${hash(1)}`]);
  });

  it('answers the repeat of a call that succeeded, as long as its head is the last', async () => {
    const { id } = await aProject(service);
    await append(id, hash(1));
    await append(id, hash(2), hash(1));

    expect(await append(id, hash(2), hash(1))).toMatchObject({ appended: false, currentHead: hash(2) });
    await append(id, hash(3), hash(2));
    expect(await refusal(append(id, hash(2), hash(1)))).toMatchObject({
      code: 'ABORTED',
      metadata: { current_head: hash(3) },
    });
  });

  it('keeps each of 50 different heads that come at once', async () => {
    const { id } = await aProject(service);
    const hashes = Array.from({ length: 50 }, (_, index) => hash(index + 1));
    const answers = await Promise.all(hashes.map((text) => append(id, text)));

    expect(answers.every(({ appended }) => appended)).toBe(true);
    const { heads } = await projects().listProjectHeads({ projectId: id, pageSize: 1000 });
    expect(heads.map(({ position }) => Number(position))).toEqual(hashes.map((_, index) => index + 1));
    expect(heads.map((head) => head.hash).toSorted()).toEqual(hashes);
  });

  it('keeps one of 50 same heads that come at once, and says who brought it', async () => {
    const { id } = await aProject(service);
    const answers = await Promise.all(Array.from({ length: 50 }, () => append(id, hash(7))));
    expect(answers.filter(({ appended }) => appended)).toHaveLength(1);
    expect(await history(id)).toEqual([`1 ${hash(7)}`]);
  });

  it('lets one of 50 callers pass who expect the same head', async () => {
    const { id } = await aProject(service);
    await append(id, hash(0));
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) => append(id, hash(index + 1), hash(0))),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await history(id)).toHaveLength(2);
  });

  it('tells the head before and after it', async () => {
    const { id } = await aProject(service);
    await append(id, hash(1));
    await append(id, hash(2));
    const told = await rows<{ data: unknown }>(
      service,
      `select data from events where project_id = $1 and kind = 'head_appended' order by id`,
      [id],
    );
    expect(told.map(({ data }) => data)).toEqual([
      { head_hash: { before: null, after: hash(1) } },
      { head_hash: { before: hash(1), after: hash(2) } },
    ]);
  });

  it('leaves the computed head and the etag of the project alone', async () => {
    const { id } = await aProject(service);
    const before = await projects().getProject({ id });
    await append(id, hash(1));
    expect((await projects().getProject({ id })).project).toEqual(before.project);
  });

  it('says NOT_FOUND when there is no such project', async () => {
    expect(await refusal(append(randomUUID(), hash(1)))).toMatchObject({ reason: 'PROJECT_NOT_FOUND' });
  });
});

describe('ListProjectHeads', () => {
  it('pages through the history, the oldest first', async () => {
    const { id } = await aProject(service);
    for (let number = 1; number <= 5; number += 1) await append(id, hash(number));

    const seen: string[] = [];
    let pageToken = '';
    do {
      const page = await projects().listProjectHeads({
        projectId: id.toUpperCase(),
        pageSize: 2,
        pageToken,
      });
      expect(page.heads.length).toBeLessThanOrEqual(2);
      seen.push(...page.heads.map((head) => head.hash));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(seen).toEqual([1, 2, 3, 4, 5].map(hash));
  });

  it('says when a head was appended', async () => {
    const { id } = await aProject(service);
    await append(id, hash(1));
    const [row] = await rows<{ inserted_at: Date }>(
      service,
      'select inserted_at from project_heads where project_id = $1',
      [id],
    );
    const { heads } = await projects().listProjectHeads({ projectId: id });
    const { seconds, nanos } = heads[0]?.insertedAt ?? { seconds: 0n, nanos: 0 };
    expect(Number(seconds) * 1000 + nanos / 1e6).toBe(row?.inserted_at.getTime());
  });

  it('is empty for a project without any, and NOT_FOUND for none', async () => {
    const { id } = await aProject(service);
    expect(await projects().listProjectHeads({ projectId: id })).toMatchObject({
      heads: [],
      nextPageToken: '',
    });
    expect(await refusal(projects().listProjectHeads({ projectId: randomUUID() }))).toMatchObject({
      reason: 'PROJECT_NOT_FOUND',
    });
  });

  it('refuses the token of another history', async () => {
    const [one, other] = [await aProject(service), await aProject(service)];
    await append(one.id, hash(1));
    await append(one.id, hash(2));
    const { nextPageToken: pageToken } = await projects().listProjectHeads({
      projectId: one.id,
      pageSize: 1,
    });
    expect(await refusal(projects().listProjectHeads({ projectId: other.id, pageToken }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { page_token: expect.any(String) },
    });
  });

  it('reads a page in the order of its index, however long the history is', async () => {
    const { id } = await aProject(service);
    await rows(
      service,
      `insert into project_heads (project_id, position, hash)
       select $1, n, lpad(to_hex(n), 12, '0') from generate_series(1, 5000) n`,
      [id],
    );
    await rows(service, 'analyze project_heads');
    const plan = await planOf(service, (read) => headPage(read, id, 51, 1000));
    expect(plan).toContain('Index Scan using project_heads_pkey');
    expect(plan).not.toContain('Sort');
  });
});
