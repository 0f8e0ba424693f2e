import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DigestFrequency, type Member, Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { aUser, MembersService, startTestService, type TestService } from '../support/service.ts';
import { memberChangesOf, rolesIn } from './support/roles.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

function client(token = service.admin) {
  return service.client(MembersService, token);
}

async function memberOf(projectId: string, userId: string): Promise<Member | undefined> {
  return (await client().getMember({ projectId, userId })).member;
}

describe('UpdateMember', () => {
  it('changes a role, and tells whose and what it was', async () => {
    const [owner, admin, viewer] = [await aUser(service), await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner, admin, viewer });
    const before = await memberOf(projectId, viewer.id);

    const { member } = await client(admin.token).updateMember({
      member: { projectId, userId: viewer.id.toUpperCase(), role: Role.EDITOR },
    });

    expect(member).toEqual({ ...before, role: Role.EDITOR, updatedAt: member?.updatedAt });
    expect(member).toEqual(await memberOf(projectId, viewer.id));
    expect(member?.updatedAt).not.toEqual(before?.updatedAt);
    const changes = { role: { before: 'viewer', after: 'editor' } };
    expect(await memberChangesOf(service, projectId)).toEqual([
      { item_type: 'member', item_id: member?.id, actor_id: admin.id, changes },
    ]);
  });

  it("changes one's own digest and failure alert, whatever one's role", async () => {
    const [owner, viewer] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner, viewer });

    for (const { id: userId, token } of [owner, viewer]) {
      const { member } = await client(token).updateMember({
        member: { projectId, userId, digest: DigestFrequency.WEEKLY, failureAlert: true },
      });
      expect(member).toMatchObject({ digest: DigestFrequency.WEEKLY, failureAlert: true });
    }
    expect(await memberChangesOf(service, projectId)).toMatchObject(
      [owner, viewer].map(({ id }) => ({
        actor_id: id,
        changes: {
          digest: { before: 'never', after: 'weekly' },
          failure_alert: { before: false, after: true },
        },
      })),
    );
  });

  it('changes what the mask names, and nothing besides', async () => {
    const owner = await aUser(service);
    const { id: projectId } = await aProject(service, { owner });
    const id = (await memberOf(projectId, owner.id))?.id ?? '';
    await client().updateMember({ member: { id, digest: DigestFrequency.DAILY, failureAlert: true } });

    const { member } = await client(owner.token).updateMember({
      member: { id, role: Role.VIEWER, digest: DigestFrequency.MONTHLY, failureAlert: false },
      updateMask: { paths: ['failure_alert'] },
    });
    expect(member).toMatchObject({
      role: Role.OWNER,
      digest: DigestFrequency.DAILY,
      failureAlert: false,
    });

    const cleared = await client(owner.token).updateMember({
      member: { id },
      updateMask: { paths: ['digest'] },
    });
    expect(cleared.member).toMatchObject({ digest: DigestFrequency.NEVER });
  });

  it('takes * for all three', async () => {
    const [owner, editor] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner, editor });

    const { member } = await client().updateMember({
      member: { projectId, userId: editor.id, role: Role.VIEWER, failureAlert: true },
      updateMask: { paths: ['*'] },
    });

    expect(member).toMatchObject({
      role: Role.VIEWER,
      digest: DigestFrequency.NEVER,
      failureAlert: true,
    });
  });

  it('writes nothing and tells nothing when nothing changes', async () => {
    const owner = await aUser(service);
    const { id: projectId } = await aProject(service, { owner });
    const before = await memberOf(projectId, owner.id);

    const { member } = await client().updateMember({
      member: { projectId, userId: owner.id, role: Role.OWNER },
      updateMask: { paths: ['role', 'digest', 'failure_alert'] },
    });

    expect(member).toEqual(before);
    expect(await memberChangesOf(service, projectId)).toEqual([]);
  });

  it('refuses a mask that names what it cannot change, one without a role, and an update of nothing', async () => {
    const [owner, editor] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner, editor });
    const member = { projectId, userId: editor.id };
    const update = (more: object, paths: string[]) =>
      refusal(client().updateMember({ member: { ...member, ...more }, updateMask: { paths } }));

    for (const known of ['role', '*']) {
      expect(await update({ role: Role.VIEWER }, [known, 'user_id'])).toMatchObject({
        code: 'INVALID_ARGUMENT',
        fields: { update_mask: expect.stringContaining('"user_id" cannot be updated') },
      });
    }
    expect(await update({}, ['role'])).toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { 'member.role': 'REQUIRED' },
    });
    expect(await update({ failureAlert: false }, [])).toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { update_mask: expect.stringContaining('nothing to change') },
    });
    expect(await rolesIn(service, projectId)).toEqual({ [owner.id]: 'owner', [editor.id]: 'editor' });
  });

  it('neither demotes the owner nor makes a second one', async () => {
    const [owner, admin] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner, admin });

    for (const [{ id: userId }, role] of [
      [owner, Role.ADMIN],
      [admin, Role.OWNER],
    ] as const) {
      for (const token of [owner.token, service.admin]) {
        const refused = await refusal(client(token).updateMember({ member: { projectId, userId, role } }));
        expect(refused).toMatchObject({
          code: 'FAILED_PRECONDITION',
          reason: 'OWNER_FIXED',
          message: expect.stringContaining('TransferOwnership'),
          subjects: [`projects/${projectId}`],
        });
      }
    }
    expect(await rolesIn(service, projectId)).toEqual({ [owner.id]: 'owner', [admin.id]: 'admin' });
  });

  it('says who is no member', async () => {
    const owner = await aUser(service);
    const { id: projectId } = await aProject(service, { owner });

    const member = { projectId, userId: randomUUID(), role: Role.VIEWER };
    expect(await refusal(client(owner.token).updateMember({ member }))).toMatchObject({
      code: 'NOT_FOUND',
      reason: 'MEMBER_NOT_FOUND',
    });
  });

  it('demotes nobody in a sandbox who is owner or admin of its root, but lets them step down', async () => {
    const [rootOwner, rootAdmin, owner] = [await aUser(service), await aUser(service), await aUser(service)];
    const root = await aProject(service, { owner: rootOwner, admin: rootAdmin });
    const { id: projectId } = await aProject(service, { owner, editor: rootAdmin }, { parentId: root.id });
    const update = (token: string, role: Role) =>
      client(token).updateMember({ member: { projectId, userId: rootAdmin.id, role } });

    for (const token of [owner.token, rootOwner.token, service.admin]) {
      expect(await refusal(update(token, Role.VIEWER))).toMatchObject({
        code: 'FAILED_PRECONDITION',
        reason: 'ROOT_ADMIN_FIXED',
        subjects: [`users/${rootAdmin.id}`],
      });
    }
    // A better role does no harm.
    await update(owner.token, Role.ADMIN);
    await update(rootAdmin.token, Role.VIEWER);
    expect(await rolesIn(service, projectId)).toEqual({ [owner.id]: 'owner', [rootAdmin.id]: 'viewer' });
  });
});
