import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { aUser, ProjectsService, startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

function get(id: string, token = service.admin, includeMembers = false) {
  return service.client(ProjectsService, token).getProject({ id, includeMembers });
}

describe('GetProject', () => {
  it('answers with the project, in whatever case its id is written', async () => {
    const project = await aProject(service, {}, { description: 'described' });
    const { project: read, members } = await get(project.id.toUpperCase());
    expect(read).toEqual(project);
    expect(members).toEqual([]);
  });

  it('answers with all members by first name when they are asked for', async () => {
    const [owner, editor] = [await aUser(service), await aUser(service)];
    const { id } = await aProject(service, { owner, editor });
    await rows(service, `update users set first_name = 'zoe' where id = $1`, [owner.id]);
    const { members } = await get(id.toUpperCase(), owner.token, true);
    expect(members).toMatchObject([
      { userId: editor.id, role: Role.EDITOR, user: { email: editor.email } },
      { userId: owner.id, role: Role.OWNER, user: { email: owner.email, firstName: 'zoe' } },
    ]);
  });

  it.each(['00000000-0000-4000-8000-000000000000', randomUUID()])('does not find %s', async (id) => {
    await expect(refusal(get(id))).resolves.toMatchObject({
      code: 'NOT_FOUND',
      reason: 'PROJECT_NOT_FOUND',
      resources: [`project/${id}`],
    });
  });

  it('does not find a project whose deletion has begun, for anybody', async () => {
    const owner = await aUser(service);
    const { id } = await aProject(service, { owner });
    await rows(service, 'update projects set deletion_started_at = now() where id = $1', [id]);
    for (const token of [service.admin, owner.token]) {
      await expect(refusal(get(id, token))).resolves.toMatchObject({ code: 'NOT_FOUND' });
    }
  });

  it('needs an id', async () => {
    await expect(refusal(get(''))).resolves.toMatchObject({ fields: { id: 'REQUIRED' } });
    await expect(refusal(get('mine'))).resolves.toMatchObject({ fields: { id: 'UUID' } });
  });

  it('computes a head that the database does not know', async () => {
    const { id, headHash } = await aProject(service);
    await rows(service, 'update projects set head_hash = null where id = $1', [id]);
    await expect(get(id)).resolves.toMatchObject({ project: { headHash } });
  });
});

describe('The parent of a sandbox', () => {
  it('comes along in full, without its own parent, for those who may read it', async () => {
    const [owner, member] = [await aUser(service), await aUser(service)];
    const root = await aProject(service, { owner }, { description: 'the root' });
    const parent = await aProject(
      service,
      { owner: member, editor: owner },
      { parentId: root.id, color: '#fff' },
    );
    const sandbox = await aProject(service, { owner: member }, { parentId: parent.id });
    for (const token of [owner.token, member.token, service.reader, service.admin]) {
      const { project } = await get(sandbox.id, token);
      expect(project?.parent).toEqual(parent);
      expect(project?.parent?.parent).toBeUndefined();
    }
  });

  it('is an outline for those who may read the sandbox alone', async () => {
    const [owner, guest] = [await aUser(service), await aUser(service)];
    const root = await aProject(service, { owner }, { description: 'confidential', color: '#fff' });
    const sandbox = await aProject(service, { owner: guest }, { parentId: root.id });
    const { project } = await get(sandbox.id, guest.token);
    expect(project?.parent).toEqual({
      $typeName: 'lightning.projects.v1.Project',
      id: root.id,
      name: root.name,
      allowSupportAccess: false,
      requiresMfa: false,
      retentionPolicy: 0,
      etag: '',
      headHash: '',
    });
  });

  it('is missing for a root', async () => {
    const { id } = await aProject(service);
    const { project } = await get(id);
    expect(project?.parent).toBeUndefined();
  });

  it('is missing once its deletion has begun', async () => {
    const root = await aProject(service);
    const sandbox = await aProject(service, {}, { parentId: root.id });
    await rows(service, 'update projects set deletion_started_at = now() where id = $1', [root.id]);
    const { project } = await get(sandbox.id);
    expect(project).toMatchObject({ id: sandbox.id, parentId: root.id });
    expect(project?.parent).toBeUndefined();
  });
});

describe('BatchGetProjects', () => {
  function batch(ids: readonly string[], token = service.admin) {
    return service.client(ProjectsService, token).batchGetProjects({ ids: [...ids] });
  }

  it('answers in the order asked for, each once, with what is missing', async () => {
    const projects = [await aProject(service), await aProject(service), await aProject(service)] as const;
    const [missing, gone] = [randomUUID(), await aProject(service)];
    await rows(service, 'update projects set deletion_started_at = now() where id = $1', [gone.id]);
    const [one, two, three] = projects;
    const answer = await batch([
      three.id,
      missing,
      one.id.toUpperCase(),
      gone.id,
      three.id.toUpperCase(),
      two.id,
      missing.toUpperCase(),
      one.id,
    ]);
    expect(answer.projects).toEqual([three, one, two]);
    expect(answer.missingIds).toEqual([missing, gone.id]);
  });

  it('counts what the caller may not read as missing, even as one among a thousand', async () => {
    const user = await aUser(service);
    const own = await Promise.all([1, 2, 3].map(() => aProject(service, { owner: user })));
    const others = await Promise.all([1, 2, 3].map(() => aProject(service)));
    const strangers = Array.from({ length: 994 }, () => randomUUID());
    const ids = [...own, ...others].map(({ id }) => id).concat(strangers);
    const answer = await batch(ids, user.token);
    expect(answer.projects).toEqual(own);
    expect(answer.missingIds).toEqual([...others.map(({ id }) => id), ...strangers]);
  });

  it('takes 1 to 1,000 ids', async () => {
    await expect(refusal(batch([]))).resolves.toMatchObject({ fields: { ids: 'REQUIRED' } });
    const many = Array.from({ length: 1001 }, () => randomUUID());
    await expect(refusal(batch(many))).resolves.toMatchObject({ fields: { ids: 'MAX_ITEMS' } });
    await expect(refusal(batch(['mine']))).resolves.toMatchObject({ fields: { 'ids[0]': 'UUID' } });
  });
});
