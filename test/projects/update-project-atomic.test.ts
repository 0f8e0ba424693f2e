import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import type { Project } from '../../src/gen/lightning/projects/v1/project_pb.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { aUser, ProjectsService, startTestService, type TestService } from '../support/service.ts';
import { changesOf, full, type Request, set, stored, update } from './support/update.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

describe('An update that changes nothing', () => {
  it.each([
    [
      'the same values',
      (project: Project): Request => ({ project: { ...full, id: project.id, name: project.name } }),
    ],
    ['nothing at all', ({ id }: Project): Request => ({ project: { id } })],
    [
      'what the rules take away again',
      ({ id }: Project): Request => ({ project: { id, env: 'staging' }, updateMask: { paths: ['env'] } }),
    ],
  ])('writes nothing: %s', async (_, request) => {
    const before = await aProject(service, {}, full);
    await expect(update(service, request(before))).resolves.toEqual(before);
    await expect(changesOf(service, before.id)).resolves.toEqual([]);
    await expect(stored(service, before.id)).resolves.toEqual(before);
  });
});

describe('The etag of a project', () => {
  it('lets an update through that knows the present one', async () => {
    const { id, etag } = await aProject(service);
    const after = await set(service, { id, etag, name: 'known' });
    await expect(set(service, { id, etag: after.etag, name: 'known-again' })).resolves.toMatchObject({
      name: 'known-again',
    });
  });

  it('refuses an update that does not, and tells the present one', async () => {
    const { id, etag } = await aProject(service);
    const after = await set(service, { id, name: 'first' });
    for (const stale of [etag, 'x', `${after.etag} `]) {
      await expect(refusal(set(service, { id, etag: stale, name: 'second' }))).resolves.toMatchObject({
        code: 'ABORTED',
        reason: 'ETAG_MISMATCH',
        message: expect.stringMatching(/^project\.etag is not the present one/),
        metadata: { current_etag: after.etag },
      });
    }
    await expect(stored(service, id)).resolves.toEqual(after);
  });

  it('lets one of many updates win that all know the same one', async () => {
    const { id, etag } = await aProject(service);
    const attempts = Array.from({ length: 12 }, (_, index) =>
      set(service, { id, etag, name: `attempt-${index}` }),
    );
    const outcomes = await Promise.allSettled(attempts);
    const won = outcomes.filter((outcome) => outcome.status === 'fulfilled');
    expect(won).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') continue;
      await expect(refusal(Promise.reject(outcome.reason))).resolves.toMatchObject({
        reason: 'ETAG_MISMATCH',
      });
    }
    await expect(stored(service, id)).resolves.toEqual(won[0]?.value);
    await expect(changesOf(service, id)).resolves.toHaveLength(1);
  });

  it('is another one after each of many updates at once', async () => {
    const { id } = await aProject(service);
    const after = await Promise.all(
      Array.from({ length: 12 }, (_, index) => set(service, { id, name: `next-${index}` })),
    );
    expect(new Set(after.map(({ etag }) => etag)).size).toBe(12);
    await expect(changesOf(service, id)).resolves.toHaveLength(12);
  });
});

describe('UpdateProject with validate_only', () => {
  it('answers what would be, and changes nothing', async () => {
    const [owner, other] = [await aUser(service), await aUser(service)];
    const before = await aProject(service, { owner });
    const { project, members } = await service.client(ProjectsService, service.admin).updateProject({
      project: { id: before.id, name: 'maybe' },
      updateMask: { paths: ['name', 'members'] },
      members: [{ userId: other.id, role: Role.OWNER }],
      validateOnly: true,
    });
    expect(project).toMatchObject({ id: before.id, name: 'maybe' });
    expect(members).toMatchObject([{ userId: other.id, role: Role.OWNER }]);
    await expect(stored(service, before.id)).resolves.toEqual(before);
    await expect(changesOf(service, before.id)).resolves.toEqual([]);
    await expect(
      rows(service, 'select user_id from project_users where project_id = $1', [before.id]),
    ).resolves.toEqual([{ user_id: owner.id }]);
  });
});

describe('UpdateProject of settings and members together', () => {
  it('does all of it or nothing', async () => {
    const [owner, admin] = [await aUser(service), await aUser(service)];
    const before = await aProject(service, { owner, admin });
    const both = (userId: string) => ({
      project: { id: before.id, name: 'both' },
      updateMask: { paths: ['name', 'members'] },
      members: [
        { userId: owner.id, role: Role.OWNER },
        { userId, role: Role.EDITOR },
      ],
    });
    await expect(refusal(update(service, both(randomUUID()), admin.token))).resolves.toMatchObject({
      reason: 'UNKNOWN_USER',
    });
    await expect(stored(service, before.id)).resolves.toEqual(before);
    await expect(changesOf(service, before.id)).resolves.toEqual([]);

    await update(service, both((await aUser(service)).id), admin.token);
    const events = await changesOf(service, before.id);
    expect(events.map(({ kind }) => kind)).toEqual(['project_updated', 'members_changed']);
  });

  it('needs exactly one owner among the members, and nobody twice', async () => {
    const owner = await aUser(service);
    const { id } = await aProject(service, { owner });
    const replace = (members: Request['members']) =>
      refusal(
        update(service, {
          project: { id },
          updateMask: { paths: ['members'] },
          ...(members ? { members } : {}),
        }),
      );
    await expect(replace([])).resolves.toMatchObject({ fields: { members: 'ONE_OWNER' } });
    await expect(replace([{ userId: owner.id }])).resolves.toMatchObject({
      fields: { members: 'ONE_OWNER' },
    });
    await expect(
      replace([
        { userId: owner.id, role: Role.OWNER },
        { userId: owner.id.toUpperCase(), role: Role.EDITOR },
      ]),
    ).resolves.toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { 'members[1].user_id': expect.anything() },
    });
  });
});
