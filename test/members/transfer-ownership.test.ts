import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { aProject } from '../support/projects.ts';
import { ending, refusal } from '../support/refusal.ts';
import {
  aUser,
  MembersService,
  ProjectsService,
  startTestService,
  type TestService,
} from '../support/service.ts';
import { memberChangesOf, rolesIn } from './support/roles.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

function client(token = service.admin) {
  return service.client(MembersService, token);
}

describe('TransferOwnership', () => {
  it('makes a member the owner and the owner an admin, and tells it once', async () => {
    const [owner, viewer] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner, viewer });
    const { members: before } = await client().listMembers({ projectId });

    const answer = await client(owner.token).transferOwnership({
      projectId: projectId.toUpperCase(),
      userId: viewer.id.toUpperCase(),
    });

    expect(answer).toMatchObject({
      member: { userId: viewer.id, role: Role.OWNER },
      previousOwner: { userId: owner.id, role: Role.ADMIN },
    });
    for (const { id, updatedAt } of before) {
      const after = [answer.member, answer.previousOwner].find((member) => member?.id === id);
      expect(after?.updatedAt).not.toEqual(updatedAt);
    }
    expect(await rolesIn(service, projectId)).toEqual({ [owner.id]: 'admin', [viewer.id]: 'owner' });
    const changes = { owner_id: { before: owner.id, after: viewer.id } };
    expect(await memberChangesOf(service, projectId)).toEqual([
      { item_type: 'project', item_id: projectId, actor_id: owner.id, changes },
    ]);
    expect(
      await refusal(client(owner.token).transferOwnership({ projectId, userId: owner.id })),
    ).toMatchObject({ reason: 'ROLE_REQUIRED' });
  });

  it('twice at once is done once: who has given it away has nothing left to give', async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      const [owner, first, second] = [await aUser(service), await aUser(service), await aUser(service)];
      const { id: projectId } = await aProject(service, { owner, admin: first, viewer: second });
      const transfer = (heir: typeof first) =>
        ending(client(owner.token).transferOwnership({ projectId, userId: heir.id }));

      const endings = await Promise.all([transfer(first), transfer(second)]);

      expect(endings.toSorted()).toEqual(['ROLE_REQUIRED', 'done']);
      const heir = endings[0] === 'done' ? first : second;
      expect(await rolesIn(service, projectId)).toMatchObject({ [owner.id]: 'admin', [heir.id]: 'owner' });
    }
  });

  it('changes nothing when the person is the owner already', async () => {
    const owner = await aUser(service);
    const { id: projectId } = await aProject(service, { owner });

    const answer = await client(owner.token).transferOwnership({ projectId, userId: owner.id });

    expect(answer.member).toMatchObject({ userId: owner.id, role: Role.OWNER });
    expect(answer.previousOwner).toBeUndefined();
    expect(await memberChangesOf(service, projectId)).toEqual([]);
  });

  it('wants a member: nobody else becomes the owner', async () => {
    const [owner, stranger] = [await aUser(service), await aUser(service)];
    const [{ id: projectId }, { id: empty }] = [await aProject(service, { owner }), await aProject(service)];

    for (const request of [
      { projectId, userId: stranger.id },
      { projectId, userId: randomUUID() },
      { projectId: empty, userId: stranger.id },
    ]) {
      expect(await refusal(client().transferOwnership(request))).toMatchObject({
        code: 'NOT_FOUND',
        reason: 'MEMBER_NOT_FOUND',
        resources: [`user/${request.userId}`],
      });
    }
    expect(await rolesIn(service, projectId)).toEqual({ [owner.id]: 'owner' });
  });

  it('makes nobody the owner who is disabled', async () => {
    const [owner, admin] = [await aUser(service), await aUser(service, { disabled: true })];
    const { id: projectId } = await aProject(service, { owner, admin });

    expect(await refusal(client().transferOwnership({ projectId, userId: admin.id }))).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'USER_DISABLED',
      subjects: [`users/${admin.id}`],
    });
    expect(await rolesIn(service, projectId)).toEqual({ [owner.id]: 'owner', [admin.id]: 'admin' });
  });

  it('takes a sandbox from no owner or admin of its root, but lets them give it away', async () => {
    const [rootOwner, rootAdmin, editor] = [await aUser(service), await aUser(service), await aUser(service)];
    const superuser = await aUser(service, { superuser: true });
    const root = await aProject(service, { owner: rootOwner, admin: rootAdmin });
    const { id: projectId } = await aProject(service, { owner: rootAdmin, editor }, { parentId: root.id });
    const transfer = (token: string) => client(token).transferOwnership({ projectId, userId: editor.id });

    for (const token of [superuser.token, service.admin]) {
      expect(await refusal(transfer(token))).toMatchObject({
        code: 'FAILED_PRECONDITION',
        reason: 'ROOT_ADMIN_FIXED',
        subjects: [`users/${rootAdmin.id}`],
      });
    }
    await transfer(rootAdmin.token);
    expect(await rolesIn(service, projectId)).toEqual({ [rootAdmin.id]: 'admin', [editor.id]: 'owner' });

    // From whoever is neither in the root, others may take it.
    await client().transferOwnership({ projectId, userId: rootAdmin.id });
    expect(await rolesIn(service, projectId)).toEqual({ [rootAdmin.id]: 'owner', [editor.id]: 'admin' });
  });

  it('lets a superuser decide who is no member', async () => {
    const [owner, admin] = [await aUser(service), await aUser(service)];
    const superuser = await aUser(service, { superuser: true });
    const { id: projectId } = await aProject(service, { owner, admin });

    await client(superuser.token).transferOwnership({ projectId, userId: admin.id });

    expect(await rolesIn(service, projectId)).toEqual({ [owner.id]: 'admin', [admin.id]: 'owner' });
  });

  it('is refused when the project changed since it was read', async () => {
    const [owner, admin] = [await aUser(service), await aUser(service)];
    const { id: projectId, etag } = await aProject(service, { owner, admin });
    const request = { projectId, userId: admin.id, etag };
    const { project } = await service
      .client(ProjectsService, owner.token)
      .updateProject({ project: { id: projectId, concurrency: 2 } });

    expect(await refusal(client(owner.token).transferOwnership(request))).toMatchObject({
      code: 'ABORTED',
      reason: 'ETAG_MISMATCH',
      message: expect.stringMatching(/^etag is not the present one/),
      metadata: { current_etag: project?.etag },
    });
    expect(await rolesIn(service, projectId)).toEqual({ [owner.id]: 'owner', [admin.id]: 'admin' });

    await client(owner.token).transferOwnership({ ...request, etag: project?.etag ?? '' });
    expect(await rolesIn(service, projectId)).toEqual({ [owner.id]: 'admin', [admin.id]: 'owner' });
  });
});
