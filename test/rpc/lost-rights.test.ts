import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { aProject } from '../support/projects.ts';
import { ending, refusal } from '../support/refusal.ts';
import { lockProject, waitingStatements } from '../support/rival.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  MembersService,
  ProjectsService,
  startTestService,
  type TestService,
  type TestUser,
} from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const projects = ({ token }: TestUser) => service.client(ProjectsService, token);
const members = ({ token }: TestUser) => service.client(MembersService, token);

/** Of each method that changes a project a request which its owner may send. */
const changes: Readonly<Record<string, (owner: TestUser, id: string, viewer: TestUser) => Promise<unknown>>> =
  {
    CreateProject: (owner, parentId) => projects(owner).createProject({ project: { name: 'new', parentId } }),
    UpdateProject: (owner, id) => projects(owner).updateProject({ project: { id, concurrency: 3 } }),
    ScheduleProjectDeletion: (owner, id) => projects(owner).scheduleProjectDeletion({ id }),
    CancelProjectDeletion: (owner, id) => projects(owner).cancelProjectDeletion({ id }),
    DeleteProject: (owner, id) => projects(owner).deleteProject({ id }),
    DeleteProjectAsync: (owner, id) => projects(owner).deleteProjectAsync({ id }),
    CreateSandbox: (owner, parentId) => projects(owner).createSandbox({ parentId, project: { name: 'new' } }),
    ProvisionSandbox: (owner, parentId) => projects(owner).provisionSandbox({ parentId, name: 'new' }),
    AppendProjectHead: (owner, projectId) =>
      projects(owner).appendProjectHead({ projectId, headHash: '0123456789ab' }),
    ImportProject: (owner, projectId) =>
      projects(owner).importProject({ projectId, yaml: 'name: a\nworkflows: {}\n', prune: true }),
    AddMembers: (owner, projectId, { id: userId }) =>
      members(owner).addMembers({ projectId, members: [{ userId, role: Role.ADMIN }] }),
    UpdateMember: (owner, projectId, { id: userId }) =>
      members(owner).updateMember({ member: { projectId, userId, role: Role.ADMIN } }),
    RemoveMember: (owner, projectId, { id: userId }) => members(owner).removeMember({ projectId, userId }),
    InviteCollaborators: (owner, projectId) =>
      members(owner).inviteCollaborators({ projectId, collaborators: [{ email: 'new@example.org' }] }),
    TransferOwnership: (owner, projectId, { id: userId }) =>
      members(owner).transferOwnership({ projectId, userId }),
  };

describe('A right that is lost while its change waits', () => {
  it.each(Object.entries(changes))('is lost to %s', async (_, change) => {
    const [owner, viewer] = [await aUser(service), await aUser(service)];
    const { id } = await aProject(service, { owner, viewer });
    const [before] = await rows(service, 'select max(id) as last from events');
    await using rival = await lockProject(service, id);

    const refused = refusal(change(owner, id, viewer));
    await expect.poll(() => waitingStatements(service)).toBe(1);
    await rows(service, `update users set disabled = true where id = '${owner.id}'`);
    await rival.leave();

    expect(await refused).toMatchObject({ code: 'PERMISSION_DENIED', reason: 'USER_DISABLED' });
    expect(await rows(service, 'select max(id) as last from events')).toEqual([before]);
  });

  it('is lost to a merge, whichever of the two projects it waited for', async () => {
    const owner = await aUser(service);
    const { id: targetId } = await aProject(service, { owner });
    const { project } = await projects(owner).provisionSandbox({ parentId: targetId, name: 'new' });
    const sandboxId = project?.id ?? '';
    for (const locked of [sandboxId, targetId]) {
      await using rival = await lockProject(service, locked);

      const refused = refusal(projects(owner).mergeSandbox({ sandboxId, targetId }));
      await expect.poll(() => waitingStatements(service)).toBe(1);
      await rows(service, `update users set disabled = true where id = '${owner.id}'`);
      await rival.leave();

      expect(await refused).toMatchObject({ reason: 'USER_DISABLED' });
      await rows(service, `update users set disabled = false where id = '${owner.id}'`);
    }
  });

  it('leaves one of two admins who remove each other', async () => {
    const [owner, first, second] = [await aUser(service), await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner });
    await members(owner).addMembers({
      projectId,
      members: [first, second].map(({ id: userId }) => ({ userId, role: Role.ADMIN })),
    });
    await using rival = await lockProject(service, projectId);

    const removals = [
      ending(members(first).removeMember({ projectId, userId: second.id })),
      ending(members(second).removeMember({ projectId, userId: first.id })),
    ];
    await expect.poll(() => waitingStatements(service)).toBe(2);
    await rival.leave();

    expect((await Promise.all(removals)).toSorted()).toEqual(['PROJECT_NOT_FOUND', 'done']);
  });

  it('does not give the ownership back to who gave it away', async () => {
    const [owner, heir] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner, admin: heir });
    await using rival = await lockProject(service, projectId);

    const transfer = members(owner).transferOwnership({ projectId, userId: heir.id });
    await expect.poll(() => waitingStatements(service)).toBe(1);
    const update = refusal(
      projects(owner).updateProject({
        project: { id: projectId },
        members: [
          { userId: owner.id, role: Role.OWNER },
          { userId: heir.id, role: Role.ADMIN },
        ],
        updateMask: { paths: ['members'] },
      }),
    );
    await expect.poll(() => waitingStatements(service)).toBe(2);
    await rival.leave();

    await transfer;
    expect(await update).toMatchObject({ code: 'PERMISSION_DENIED', reason: 'ROLE_REQUIRED' });
  });
});
