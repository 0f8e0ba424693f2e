import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectPages, pagesOf } from '../support/pages.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  DirectoryService,
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

/** What a person sees of its own projects: names in the order of the list. */
async function own(user: TestUser): Promise<string[]> {
  const { projects } = await service.client(ProjectsService, user.token).listUserProjects({});
  return projects.map(({ name }) => name);
}

/** A name that no other test of this file has; those of one test sort by what they end with. */
const prefix = randomUUID();
const names = (...ends: string[]) => ends.map((end) => `${prefix}-${end}`);

describe('ListUserProjects', () => {
  it('shows the projects of a member by name, whatever the role, and no others', async () => {
    const [user, other] = [await aUser(service), await aUser(service)];
    const [c = '', a = '', b = '', d = ''] = names('c', 'a', 'b', 'd');
    await aProject(service, { owner: user }, { name: c });
    await aProject(service, { owner: other, viewer: user }, { name: a });
    await aProject(service, { owner: other, editor: user }, { name: b, allowSupportAccess: true });
    await aProject(service, { owner: other }, { name: d, allowSupportAccess: true });

    expect(await own(user)).toEqual([a, b, c]);
  });

  it('leaves out sandboxes, projects that are scheduled for deletion and those being deleted', async () => {
    const user = await aUser(service);
    const root = await aProject(service, { owner: user });
    await aProject(service, { owner: user }, { parentId: root.id });
    const scheduled = await aProject(service, { owner: user });
    const going = await aProject(service, { owner: user });
    await rows(service, 'update projects set scheduled_deletion = now() where id = $1', [scheduled.id]);
    await rows(service, 'update projects set deletion_started_at = now() where id = $1', [going.id]);

    expect(await own(user)).toEqual([root.name]);
  });

  it('shows a support user also what allows support access, each project once', async () => {
    await using own = await startTestService();
    const [support, owner] = [await aUser(own, { supportUser: true }), await aUser(own)];
    const open = { allowSupportAccess: true };
    const root = await aProject(own, { owner }, { name: 'b-open', ...open });
    await aProject(own, { owner, editor: support }, { name: 'a-member-of-open', ...open });
    await aProject(own, { owner: support }, { name: 'c-own' });
    await aProject(own, { owner }, { name: 'closed' });
    await aProject(own, { owner }, { name: 'open-sandbox', parentId: root.id, ...open });
    const scheduled = await aProject(own, { owner }, { name: 'open-scheduled', ...open });
    await rows(own, 'update projects set scheduled_deletion = now() where id = $1', [scheduled.id]);
    const client = own.client(ProjectsService, support.token);

    for (const pageSize of [1, 2, 50]) {
      const pages = await pagesOf(
        (pageToken) => client.listUserProjects({ pageSize, pageToken }),
        ({ projects }) => projects.map(({ name }) => name),
      );
      expectPages(pages, pageSize, ['a-member-of-open', 'b-open', 'c-own']);
    }
  });

  it('pages by name, then id, through namesakes', async () => {
    const user = await aUser(service);
    const [name = ''] = names('twin');
    const made = [
      await aProject(service, { owner: user }, { name }),
      await aProject(service, { owner: user }, { name }),
      await aProject(service, { viewer: user, owner: await aUser(service) }, { name }),
    ];
    const client = service.client(ProjectsService, user.token);

    for (const pageSize of [1, 2, 3]) {
      const pages = await pagesOf(
        (pageToken) => client.listUserProjects({ pageSize, pageToken }),
        ({ projects }) => projects.map(({ id }) => id),
      );
      expectPages(pages, pageSize, made.map(({ id }) => id).toSorted());
    }
  });

  it('shows each project in full, as GetProject does', async () => {
    const user = await aUser(service);
    const { id } = await aProject(service, { owner: user }, { description: 'all of it', concurrency: 2 });
    const client = service.client(ProjectsService, user.token);

    const { projects } = await client.listUserProjects({});

    expect(projects).toEqual([(await client.getProject({ id })).project]);
  });
});

describe.each(['listUserProjects', 'getProjectsOverview', 'getFirstUserProject'] as const)('%s', (method) => {
  const ids = async (token: string, userId = '') => {
    const answer = await service.client(ProjectsService, token)[method]({ userId });
    const projects =
      'projects' in answer ? answer.projects : [answer.project].filter((one) => one !== undefined);
    return projects.map(({ id }) => id);
  };

  it('answers superusers and services about others, a person only about itself', async () => {
    const [user, superuser] = [await aUser(service), await aUser(service, { superuser: true })];
    const { id } = await aProject(service, { owner: user });

    for (const token of [user.token, superuser.token, service.admin]) {
      expect(await ids(token, user.id.toUpperCase())).toEqual([id]);
    }
    expect(await refusal(ids((await aUser(service)).token, user.id))).toMatchObject({
      code: 'PERMISSION_DENIED',
      reason: 'SUPERUSER_REQUIRED',
    });
    expect(await refusal(ids(service.reader, user.id))).toMatchObject({
      code: 'PERMISSION_DENIED',
      reason: 'SERVICE_REQUIRED',
    });
  });

  it('wants a service to name a person, who must be known', async () => {
    expect(await refusal(ids(service.admin))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      fields: { user_id: 'REQUIRED' },
    });
    const unknown = randomUUID();
    expect(await refusal(ids(service.admin, unknown))).toMatchObject({
      code: 'NOT_FOUND',
      reason: 'USER_NOT_FOUND',
      resources: [`user/${unknown}`],
    });
  });

  it('shows nothing of a disabled person, and nothing to one', async () => {
    const user = await aUser(service, { supportUser: true });
    await aProject(service, { owner: user });
    await service
      .client(DirectoryService, service.admin)
      .upsertUsers({ users: [{ id: user.id, email: user.email, supportUser: true, disabled: true }] });

    expect(await ids(service.admin, user.id)).toEqual([]);
    expect(await refusal(ids(user.token))).toMatchObject({
      code: 'PERMISSION_DENIED',
      reason: 'USER_DISABLED',
    });
  });
});

describe('GetFirstUserProject', () => {
  it('reads the first by name, or nothing for somebody without projects', async () => {
    const user = await aUser(service);
    const client = service.client(ProjectsService, user.token);
    expect((await client.getFirstUserProject({})).project).toBeUndefined();

    const [b = '', a = ''] = names('b', 'a');
    await aProject(service, { owner: user }, { name: b });
    expect((await client.getFirstUserProject({})).project?.name).toBe(b);
    const first = await aProject(service, { viewer: user, owner: await aUser(service) }, { name: a });

    expect((await client.getFirstUserProject({})).project).toEqual(
      (await client.getProject({ id: first.id })).project,
    );
  });
});
