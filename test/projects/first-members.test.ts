import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { refusal } from '../support/refusal.ts';
import { aUser, startTestService, type TestService, type TestUser } from '../support/service.ts';
import { create } from './support/create.ts';

let service: TestService;
let superuser: TestUser;
beforeAll(async () => {
  service = await startTestService();
  superuser = await aUser(service, { superuser: true });
});
afterAll(() => service.close());

describe('The first members', () => {
  it('are those named, editors unless something else is said', async () => {
    const [owner, editor, viewer] = [await aUser(service), await aUser(service), await aUser(service)];
    const { project, members } = await create(service, {
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
    const { members } = await create(service, { project: { name: 'own' } }, superuser.token);
    expect(members).toMatchObject([{ userId: superuser.id, role: Role.OWNER }]);
  });

  it('are whom a service acts for', async () => {
    const actor = await aUser(service);
    const { members } = await create(service, {
      project: { name: 'own' },
      actorUserId: actor.id.toUpperCase(),
    });
    expect(members).toMatchObject([{ userId: actor.id, role: Role.OWNER }]);
  });

  it('are nobody when a service acts for nobody', async () => {
    const { members } = await create(service, { project: { name: 'nobodys' } });
    expect(members).toEqual([]);
  });

  it('do not take the actor in when they are named', async () => {
    const owner = await aUser(service);
    const { members } = await create(
      service,
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
    await expect(refusal(create(service, { project: { name: 'wrong' }, members }))).resolves.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: `members: must hold exactly one owner, not ${owners}`,
      fields: { members: 'ONE_OWNER' },
    });
  });

  it('cannot have an owner who is disabled', async () => {
    const owner = await aUser(service, { disabled: true });
    const members = [{ userId: owner.id, role: Role.OWNER }];
    await expect(refusal(create(service, { project: { name: 'shut' }, members }))).resolves.toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'USER_DISABLED',
      subjects: [`users/${owner.id}`],
    });
  });

  it('cannot hold anybody twice, in whatever case the id is written', async () => {
    const [owner, twice] = [await aUser(service), await aUser(service)];
    const request = create(service, {
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
    const request = create(service, {
      project: { name: 'wrong' },
      members: [{ userId: randomUUID() }, { userId: owner.id, role: Role.OWNER }, { userId: randomUUID() }],
    });
    const { code, reason, fields } = await refusal(request);
    expect([code, reason]).toEqual(['INVALID_ARGUMENT', 'UNKNOWN_USER']);
    expect(Object.keys(fields)).toEqual(['members[0].user_id', 'members[2].user_id']);
  });

  it('cannot be an actor whom nobody knows', async () => {
    const request = create(service, { project: { name: 'wrong' }, actorUserId: randomUUID() });
    await expect(refusal(request)).resolves.toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'UNKNOWN_USER',
      fields: { actor_user_id: expect.stringContaining('is unknown') },
    });
  });
});
