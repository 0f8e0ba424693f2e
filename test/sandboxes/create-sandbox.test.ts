import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { aUser, ProjectsService, startTestService, type TestService } from '../support/service.ts';
import { sizes } from './support/contents.ts';
import { aParent } from './support/parent.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const projects = (token = service.admin) => service.client(ProjectsService, token);

describe('CreateSandbox', () => {
  it('makes an empty project below the parent, with defaults of its own', async () => {
    const { id: parentId, owner } = await aParent(service);
    const answer = await projects(owner.token).createSandbox({
      parentId: parentId.toUpperCase(),
      project: { name: 'fresh', parentId },
    });
    expect(answer).toMatchObject({
      project: { name: 'fresh', parentId, requiresMfa: false },
      members: [{ userId: owner.id, role: Role.OWNER }],
    });
    expect(answer.project?.env).toBeUndefined();
    expect(await sizes(service, answer.project?.id ?? '')).toEqual({ project_users: 1 });
  });

  it('takes the members that the request names', async () => {
    const [owner, editor, parent] = [await aUser(service), await aUser(service), await aProject(service)];
    const { members } = await projects().createSandbox({
      parentId: parent.id,
      project: { name: 'with-members' },
      members: [{ userId: owner.id, role: Role.OWNER }, { userId: editor.id }],
    });
    expect(members.map(({ userId, role }) => [userId, role])).toEqual([
      [owner.id, Role.OWNER],
      [editor.id, Role.EDITOR],
    ]);
  });

  it('has no members when a service acts for nobody', async () => {
    const { id: parentId } = await aProject(service);
    const { members } = await projects().createSandbox({ parentId, project: { name: 'nobodys' } });
    expect(members).toEqual([]);
  });

  it.each([
    ['two owners', [Role.OWNER, Role.OWNER]],
    ['no owner', [Role.ADMIN, Role.EDITOR]],
  ])('refuses members with %s', async (_, given) => {
    const { id: parentId } = await aProject(service);
    const members = await Promise.all(
      given.map(async (role) => ({ userId: (await aUser(service)).id, role })),
    );
    expect(
      await refusal(projects().createSandbox({ parentId, project: { name: 'x' }, members })),
    ).toMatchObject({ code: 'INVALID_ARGUMENT', fields: { members: 'ONE_OWNER' } });
  });

  it('refuses another parent in the project, and an id that is taken', async () => {
    const [{ id: parentId }, { id: other }] = [await aProject(service), await aProject(service)];
    const create = (project: { name: string; parentId?: string; id?: string }) =>
      refusal(projects().createSandbox({ parentId, project }));
    expect(await create({ name: 'x', parentId: other })).toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { 'project.parent_id': expect.any(String) },
    });
    expect(await create({ name: 'x', id: other })).toMatchObject({
      code: 'ALREADY_EXISTS',
      reason: 'PROJECT_ID_TAKEN',
    });
  });

  it('lets one of 50 have a name under a parent, by both ways to make a sandbox', async () => {
    const owner = await aUser(service);
    const { id: parentId } = await aProject(service, { owner });
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const made =
          index % 2 === 0
            ? projects(owner.token).createSandbox({ parentId, project: { name: 'wanted' } })
            : projects(owner.token).createProject({ project: { name: 'wanted', parentId } });
        return await made.then(
          () => 'made',
          async () => (await refusal(made)).reason,
        );
      }),
    );
    expect(outcomes.filter((outcome) => outcome === 'made')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'PROJECT_NAME_TAKEN')).toHaveLength(49);
  });

  it('allows the name under another parent', async () => {
    const [one, other] = [await aProject(service), await aProject(service)];
    for (const { id: parentId } of [one, other]) {
      await projects().createSandbox({ parentId, project: { name: 'same' } });
    }
  });

  it('gives the same answer to the same request, and checks only when it is asked to', async () => {
    const { id: parentId } = await aProject(service);
    const request = { parentId, project: { name: 'once' }, requestId: randomUUID() };
    const first = await projects().createSandbox(request);
    expect(await projects().createSandbox(request)).toEqual(first);
    await projects().createSandbox({ parentId, project: { name: 'never' }, validateOnly: true });
    const found = await rows(service, 'select name from projects where parent_id = $1', [parentId]);
    expect(found).toEqual([{ name: 'once' }]);
  });

  it('refuses under a parent that waits for its deletion, is being deleted or was never there', async () => {
    const [scheduled, gone] = [await aProject(service), await aProject(service)];
    await rows(service, 'update projects set scheduled_deletion = now() where id = $1', [scheduled.id]);
    await rows(service, 'update projects set deletion_started_at = now() where id = $1', [gone.id]);
    const create = (parentId: string) =>
      refusal(projects().createSandbox({ parentId, project: { name: 'late' } }));
    expect(await create(scheduled.id)).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'PROJECT_PENDING_DELETION',
    });
    for (const parentId of [gone.id, randomUUID()]) {
      expect(await create(parentId)).toMatchObject({ code: 'NOT_FOUND', reason: 'PROJECT_NOT_FOUND' });
    }
  });
});
