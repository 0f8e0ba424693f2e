import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DigestFrequency, Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  DirectoryService,
  MembersService,
  startTestService,
  type TestService,
} from '../support/service.ts';
import { rolesIn } from './support/roles.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

function admin() {
  return service.client(MembersService, service.admin);
}

describe('AddMembers', () => {
  it('adds people in the order of the request, as editors unless it says otherwise', async () => {
    const [owner, first, second] = [await aUser(service), await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner });

    const { members } = await service.client(MembersService, owner.token).addMembers({
      projectId: projectId.toUpperCase(),
      members: [{ userId: second.id.toUpperCase(), role: Role.VIEWER }, { userId: first.id }],
    });

    const fresh = { projectId, digest: DigestFrequency.NEVER, failureAlert: false };
    expect(members).toMatchObject([
      { ...fresh, userId: second.id, role: Role.VIEWER, user: { id: second.id, email: second.email } },
      { ...fresh, userId: first.id, role: Role.EDITOR, user: { id: first.id, email: first.email } },
    ]);
    expect(await rolesIn(service, projectId)).toEqual({
      [owner.id]: 'owner',
      [first.id]: 'editor',
      [second.id]: 'viewer',
    });
  });

  it('tells who added whom, once a call', async () => {
    const [owner, added] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner });

    await admin().addMembers({ projectId, members: [{ userId: added.id }], actorUserId: owner.id });

    const happened = { kind: 'members_changed', actor_id: owner.id };
    const changes = { added: [{ user_id: added.id, role: 'editor' }] };
    const [events, audit] = [
      await rows(
        service,
        `select kind, actor_id, data from events where project_id = $1 and kind = 'members_changed'`,
        [projectId],
      ),
      await rows(
        service,
        `select kind, actor_id, service, item_type, item_id, changes from audit_events
         where project_id = $1 and kind = 'members_changed'`,
        [projectId],
      ),
    ];
    expect(events).toEqual([{ ...happened, data: changes }]);
    expect(audit).toEqual([
      { ...happened, service: 'test-projects:admin', item_type: 'project', item_id: projectId, changes },
    ]);
  });

  it('refuses people who are members already, names each row, and adds nobody', async () => {
    const [owner, viewer, fresh] = [await aUser(service), await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner, viewer });
    const { members } = await admin().listMembers({ projectId });
    const memberId = (userId: string) => members.find((member) => member.userId === userId)?.id ?? 'nobody';

    const refused = await refusal(
      admin().addMembers({
        projectId,
        members: [{ userId: fresh.id }, { userId: viewer.id.toUpperCase() }, { userId: owner.id }],
      }),
    );

    expect(refused).toMatchObject({
      code: 'ALREADY_EXISTS',
      reason: 'ALREADY_A_MEMBER',
      fields: {
        'members[1].user_id': expect.stringContaining(memberId(viewer.id)),
        'members[2].user_id': expect.stringContaining(memberId(owner.id)),
      },
      resources: [`member/${memberId(viewer.id)}`],
    });
    expect(await rolesIn(service, projectId)).toEqual({ [owner.id]: 'owner', [viewer.id]: 'viewer' });
  });

  it('makes nobody the first owner who is disabled', async () => {
    const disabled = await aUser(service, { disabled: true });
    const { id: projectId } = await aProject(service);
    const add = (role: Role) => admin().addMembers({ projectId, members: [{ userId: disabled.id, role }] });

    expect(await refusal(add(Role.OWNER))).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'USER_DISABLED',
      subjects: [`users/${disabled.id}`],
    });
    expect(await rolesIn(service, projectId)).toEqual({});
  });

  it('refuses unknown people, names each, and adds nobody', async () => {
    const [owner, fresh] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner });
    const [nobody, nobodyElse] = [randomUUID(), randomUUID()];

    const refused = await refusal(
      admin().addMembers({
        projectId,
        members: [{ userId: nobody }, { userId: fresh.id }, { userId: nobodyElse }],
      }),
    );

    expect(refused).toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'UNKNOWN_USER',
      fields: {
        'members[0].user_id': expect.stringContaining(nobody),
        'members[2].user_id': expect.stringContaining(nobodyElse),
      },
    });
    expect(await rolesIn(service, projectId)).toEqual({ [owner.id]: 'owner' });
  });

  it('refuses somebody who stands in the request twice', async () => {
    const [owner, fresh] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner });

    const refused = await refusal(
      admin().addMembers({
        projectId,
        members: [{ userId: fresh.id }, { userId: fresh.id.toUpperCase(), role: Role.ADMIN }],
      }),
    );

    expect(refused).toMatchObject({
      reason: 'VALIDATION_FAILED',
      fields: { 'members[1].user_id': 'REPEATED' },
    });
  });

  it('refuses a second owner', async () => {
    const [owner, fresh] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner });

    const refused = await refusal(
      admin().addMembers({ projectId, members: [{ userId: fresh.id, role: Role.OWNER }] }),
    );

    expect(refused).toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'ONE_OWNER',
      fields: { 'members[0].role': expect.stringContaining('TransferOwnership') },
    });
  });

  it('wants exactly one owner among the first members of a project that has none', async () => {
    const [first, second] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service);
    const add = (...roles: [Role, Role]) =>
      admin().addMembers({
        projectId,
        members: [
          { userId: first.id, role: roles[0] },
          { userId: second.id, role: roles[1] },
        ],
      });

    expect(await refusal(add(Role.ADMIN, Role.EDITOR))).toMatchObject({
      reason: 'ONE_OWNER',
      fields: { members: expect.stringContaining('owner') },
    });
    const { reason, fields } = await refusal(add(Role.OWNER, Role.OWNER));
    expect(reason).toBe('ONE_OWNER');
    expect(fields).toEqual({ 'members[1].role': expect.stringContaining('one owner') });
    expect(await rolesIn(service, projectId)).toEqual({});

    await add(Role.EDITOR, Role.OWNER);
    expect(await rolesIn(service, projectId)).toEqual({ [first.id]: 'editor', [second.id]: 'owner' });
  });

  it('refuses a project that is scheduled for deletion', async () => {
    const [owner, fresh] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner });
    await rows(service, 'update projects set scheduled_deletion = now() where id = $1', [projectId]);

    const refused = await refusal(
      service.client(MembersService, owner.token).addMembers({ projectId, members: [{ userId: fresh.id }] }),
    );

    expect(refused).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'PROJECT_PENDING_DELETION',
      subjects: [`projects/${projectId}`],
    });
  });

  it('adds somebody whom several calls add at the same moment exactly once', async () => {
    const [owner, wanted] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner });

    const calls = Array.from({ length: 8 }, () =>
      admin().addMembers({ projectId, members: [{ userId: wanted.id }] }),
    );
    const failures = (await Promise.allSettled(calls)).filter(({ status }) => status === 'rejected');

    expect(failures).toHaveLength(7);
    for (const call of calls) {
      const outcome = await call.then(
        () => 'added',
        async () => (await refusal(call)).reason,
      );
      expect(['added', 'ALREADY_A_MEMBER']).toContain(outcome);
    }
  });

  it('lets one of several first owners in who come at the same moment', async () => {
    const { id: projectId } = await aProject(service);
    const candidates = await Promise.all(Array.from({ length: 6 }, () => aUser(service)));

    const outcomes = await Promise.all(
      candidates.map(({ id: userId }) => {
        const call = admin().addMembers({ projectId, members: [{ userId, role: Role.OWNER }] });
        return call.then(
          () => 'added',
          async () => (await refusal(call)).reason,
        );
      }),
    );

    expect(outcomes.toSorted()).toEqual([...Array.from({ length: 5 }, () => 'ONE_OWNER'), 'added']);
    expect(Object.values(await rolesIn(service, projectId))).toEqual(['owner']);
  });

  it('takes a thousand people at once', async () => {
    const owner = await aUser(service);
    const { id: projectId } = await aProject(service, { owner });
    const users = Array.from({ length: 1000 }, () => randomUUID()).map((id) => ({
      id,
      email: `${id}@example.org`,
    }));
    await service.client(DirectoryService, service.admin).upsertUsers({ users });

    const { members } = await admin().addMembers({
      projectId,
      members: users.map(({ id: userId }) => ({ userId })),
    });

    expect(members.map(({ userId }) => userId)).toEqual(users.map(({ id }) => id));
  });
});
