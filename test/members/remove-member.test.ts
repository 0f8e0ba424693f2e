import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MergeAction, MergeStrategy } from '../../src/gen/lightning/projects/v1/comparison_pb.ts';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { aCredential, attach, changesOfJobs, credentialsOfJobs, jobWith } from '../support/credentials.ts';
import { aProject } from '../support/projects.ts';
import { ending, refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
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

/** Which projects have one of the credentials, as `project credential`. */
async function usesOf(credentialIds: readonly string[]): Promise<string[]> {
  const found = await rows<{ project_id: string; credential_id: string }>(
    service,
    'select project_id, credential_id from project_credentials where credential_id = any($1)',
    [credentialIds],
  );
  return found.map(({ project_id, credential_id }) => `${project_id} ${credential_id}`).toSorted();
}

describe('RemoveMember', () => {
  it('ends a membership, answers with what it was, and lets the person in no more', async () => {
    const [owner, viewer] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner, viewer });
    const { member: before } = await client().getMember({ projectId, userId: viewer.id });

    const answer = await client(owner.token).removeMember({ projectId, userId: viewer.id.toUpperCase() });

    expect(answer).toMatchObject({ member: before, detachedCredentialCount: 0, detachedJobCount: 0 });
    expect(await rolesIn(service, projectId)).toEqual({ [owner.id]: 'owner' });
    expect(await refusal(client(viewer.token).listMembers({ projectId }))).toMatchObject({
      reason: 'PROJECT_NOT_FOUND',
    });
    const changes = { user_id: { before: viewer.id }, role: { before: 'viewer' } };
    expect(await memberChangesOf(service, projectId)).toEqual([
      { item_type: 'member', item_id: before?.id, actor_id: owner.id, changes },
    ]);
    expect(await refusal(client().removeMember({ memberId: before?.id ?? '' }))).toMatchObject({
      reason: 'MEMBER_NOT_FOUND',
    });
  });

  it('gives workflows that lose a credential a new version, which merges take for a change', async () => {
    const [owner, editor] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner, editor });
    const use = await attach(service, await aCredential(service, editor), projectId);
    await jobWith(service, projectId, use);
    const projects = service.client(ProjectsService, owner.token);
    const { project } = await projects.provisionSandbox({ parentId: projectId, name: 'copy' });
    const { headHash: before } = await projects.getProjectHead({ projectId });

    await client(owner.token).removeMember({ projectId, userId: editor.id });

    const { headHash } = await projects.getProjectHead({ projectId });
    expect(headHash).not.toBe(before);
    const [workflow] = await rows(
      service,
      `select w.version_hash = v.hash as is_latest, v.source, s.jobs->0->>'project_credential_id' as credential
       from workflows w join workflow_versions v on v.workflow_id = w.id
       join workflow_snapshots s on s.workflow_id = w.id and s.lock_version = w.lock_version
       where w.project_id = $1 order by v.inserted_at desc limit 1`,
      [projectId],
    );
    expect(workflow).toEqual({ is_latest: true, source: 'app', credential: null });
    const { workflows } = await projects.compareProjects({
      sourceId: project?.id ?? '',
      targetId: projectId,
    });
    expect(workflows).toMatchObject([{ changedInSource: false, changedInTarget: true, conflict: false }]);
  });

  it('takes a credential from a sandbox’s job alone, and a merge does not take it from the project', async () => {
    const [owner, editor] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner, editor });
    const use = await attach(service, await aCredential(service, editor), projectId);
    const job = await jobWith(service, projectId, use);
    const projects = service.client(ProjectsService, owner.token);
    const { project } = await projects.provisionSandbox({
      parentId: projectId,
      name: 'copy',
      collaborators: [{ userId: editor.id, role: Role.EDITOR }],
    });
    const sandboxId = project?.id ?? '';

    await client(owner.token).removeMember({ projectId: sandboxId, userId: editor.id });
    for (const strategy of [MergeStrategy.FAIL, MergeStrategy.OURS, MergeStrategy.THEIRS]) {
      await projects.mergeSandbox({ sandboxId, targetId: projectId, strategy });
      expect(await credentialsOfJobs(service, [job])).toEqual([use]);
    }
    // Nor what the project changes: the sandbox has edited nothing that could be in conflict.
    await rows(service, 'update workflows set concurrency = 7, lock_version = 2 where project_id = $1', [
      projectId,
    ]);
    const { plan } = await projects.mergeSandbox({
      sandboxId,
      targetId: projectId,
      strategy: MergeStrategy.THEIRS,
    });
    expect(plan?.steps).toMatchObject([{ action: MergeAction.KEEP }]);
    const { workflows } = await projects.compareProjects({ sourceId: sandboxId, targetId: projectId });
    expect(workflows).toMatchObject([{ changedInSource: false, conflict: false }]);
  });

  it("takes the person's own credentials out of the project and its jobs, and no others", async () => {
    const [owner, editor] = [await aUser(service), await aUser(service)];
    const [{ id: projectId }, { id: elsewhere }] = [
      await aProject(service, { owner, editor }),
      await aProject(service, { owner, editor }),
    ];
    const own = [await aCredential(service, editor), await aCredential(service, editor)].toSorted();
    const shared = await aCredential(service, owner);
    const uses = [
      await attach(service, own[0] ?? '', projectId),
      await attach(service, own[1] ?? '', projectId),
      await attach(service, shared, projectId),
      await attach(service, own[0] ?? '', elsewhere),
    ];
    const jobs = [
      await jobWith(service, projectId, uses[0] ?? ''),
      await jobWith(service, projectId, uses[0] ?? ''),
      await jobWith(service, projectId, uses[1] ?? ''),
      await jobWith(service, projectId, uses[2] ?? ''),
      await jobWith(service, elsewhere, uses[3] ?? ''),
    ];

    const before = await changesOfJobs(service, jobs);

    const answer = await client(owner.token).removeMember({ projectId, userId: editor.id });

    expect(answer).toMatchObject({ detachedCredentialCount: 2, detachedJobCount: 3 });
    const after = await changesOfJobs(service, jobs);
    expect(after.map((time, index) => time > (before[index] ?? time))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(await credentialsOfJobs(service, jobs)).toEqual([null, null, null, uses[2], uses[3]]);
    expect(await usesOf([...own, shared])).toEqual(
      [`${projectId} ${shared}`, `${elsewhere} ${own[0]}`].toSorted(),
    );
    expect(await memberChangesOf(service, projectId)).toMatchObject([
      { changes: { credential_ids: { before: own } } },
    ]);
    expect(await rolesIn(service, elsewhere)).toEqual({ [owner.id]: 'owner', [editor.id]: 'editor' });
  });

  it('takes nothing out of the project when it is refused', async () => {
    const owner = await aUser(service);
    const { id: projectId } = await aProject(service, { owner });
    const credentialId = await aCredential(service, owner);
    await attach(service, credentialId, projectId);

    for (const token of [owner.token, service.admin]) {
      expect(await refusal(client(token).removeMember({ projectId, userId: owner.id }))).toMatchObject({
        code: 'FAILED_PRECONDITION',
        reason: 'OWNER_FIXED',
        subjects: [`projects/${projectId}`],
      });
    }
    expect(await usesOf([credentialId])).toEqual([`${projectId} ${credentialId}`]);
    expect(await rolesIn(service, projectId)).toEqual({ [owner.id]: 'owner' });
  });

  it('lets an admin leave', async () => {
    const [owner, admin] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner, admin });

    const { member } = await client(admin.token).removeMember({ projectId, userId: admin.id });

    expect(member).toMatchObject({ userId: admin.id, role: Role.ADMIN });
    expect(await rolesIn(service, projectId)).toEqual({ [owner.id]: 'owner' });
  });

  it('removes nobody from a sandbox who is owner or admin of its root, but lets them go', async () => {
    const [rootOwner, rootAdmin] = [await aUser(service), await aUser(service)];
    const [owner, between] = [await aUser(service), await aUser(service)];
    const root = await aProject(service, { owner: rootOwner, admin: rootAdmin });
    const middle = await aProject(service, { owner: between }, { parentId: root.id });
    const { id: projectId } = await aProject(
      service,
      { owner, admin: rootOwner, viewer: rootAdmin, editor: between },
      { parentId: middle.id },
    );
    const remove = (token: string, userId: string) => client(token).removeMember({ projectId, userId });

    for (const [head, other] of [
      [rootAdmin, rootOwner],
      [rootOwner, rootAdmin],
    ] as const) {
      for (const token of [owner.token, other.token, service.admin]) {
        expect(await refusal(remove(token, head.id))).toMatchObject({
          code: 'FAILED_PRECONDITION',
          reason: 'ROOT_ADMIN_FIXED',
          subjects: [`users/${head.id}`],
        });
      }
    }
    // Roles in between count for nothing.
    await remove(owner.token, between.id);
    await remove(rootAdmin.token, rootAdmin.id);
    await remove(rootOwner.token, rootOwner.id);
    expect(await rolesIn(service, projectId)).toEqual({ [owner.id]: 'owner' });
  });

  it('removes somebody whom several calls remove at the same moment once', async () => {
    const [owner, editor] = [await aUser(service), await aUser(service)];
    const { id: projectId } = await aProject(service, { owner, editor });

    const endings = await Promise.all(
      Array.from({ length: 6 }, () => ending(client().removeMember({ projectId, userId: editor.id }))),
    );

    expect(endings.toSorted()).toEqual([...Array.from({ length: 5 }, () => 'MEMBER_NOT_FOUND'), 'done']);
    expect(await memberChangesOf(service, projectId)).toHaveLength(1);
  });
});
