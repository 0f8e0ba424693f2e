import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workspacePage } from '../../src/sandboxes/get-workspace.ts';
import { sandboxPage } from '../../src/sandboxes/list-sandboxes.ts';
import { planOf } from '../support/explain.ts';
import { expectPages, pagesOf } from '../support/pages.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { aUser, ProjectsService, startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const projects = (token = service.admin) => service.client(ProjectsService, token);

/** Projects below one another: a name stands below the one after which it is listed. */
async function aTree(parentId: string, names: Readonly<Record<string, readonly string[]>>) {
  const ids: Record<string, string> = { root: parentId };
  for (const [parent, below] of Object.entries(names)) {
    for (const name of below) {
      ids[name] = (await aProject(service, {}, { parentId: ids[parent] ?? '', name })).id;
    }
  }
  return ids;
}

/** 3,000 sandboxes, `many-1` and so on, that the planner knows of. */
async function manyBelow(parentId: string): Promise<void> {
  await rows(
    service,
    `insert into projects (name, parent_id) select 'many-' || n, $1 from generate_series(1, 3000) n`,
    [parentId],
  );
  await rows(service, 'analyze projects');
}

/** A chain of `length` sandboxes below the project; answers the id of the last one. */
async function aChain(rootId: string, length: number): Promise<string> {
  const [last] = await rows<{ id: string }>(
    service,
    `with links as (
       select n, uuid_v7() as id from generate_series(1, $2::int) n
     ), made as (
       insert into projects (id, name, parent_id)
       select link.id, 'link-' || link.n, coalesce(above.id, $1) from links link
       left join links above on above.n = link.n - 1
     )
     select id from links order by n desc limit 1`,
    [rootId, length],
  );
  return last?.id ?? '';
}

describe('ListSandboxes', () => {
  it('lists the direct sandboxes by name, page by page', async () => {
    const { id: parentId } = await aProject(service);
    await aTree(parentId, { root: ['c', 'a', 'b-1', 'b', 'd'], a: ['below'] });
    const pages = await pagesOf(
      (pageToken) => projects().listSandboxes({ parentId: parentId.toUpperCase(), pageSize: 2, pageToken }),
      (page) => page.projects.map(({ name }) => name),
    );
    expect(pages.flat()).toEqual(['a', 'b', 'b-1', 'c', 'd']);
  });

  it('shows those that are scheduled for deletion, and not those whose deletion has begun', async () => {
    const { id: parentId } = await aProject(service);
    const { scheduled, gone } = await aTree(parentId, { root: ['scheduled', 'gone', 'usual'] });
    await rows(service, 'update projects set scheduled_deletion = now() where id = $1', [scheduled]);
    await rows(service, 'update projects set deletion_started_at = now() where id = $1', [gone]);
    const { projects: found } = await projects().listSandboxes({ parentId });
    expect(found.map(({ name }) => name)).toEqual(['scheduled', 'usual']);
    expect(found[0]?.scheduledDeletion).toBeDefined();
  });

  it('is empty for a project without any, and NOT_FOUND for none', async () => {
    const { id: parentId } = await aProject(service);
    expect(await projects().listSandboxes({ parentId })).toMatchObject({ projects: [], nextPageToken: '' });
    expect(await refusal(projects().listSandboxes({ parentId: randomUUID() }))).toMatchObject({
      reason: 'PROJECT_NOT_FOUND',
    });
  });

  it('reads a page in the order of its index', async () => {
    const { id: parentId } = await aProject(service);
    await manyBelow(parentId);
    const plan = await planOf(service, (read) =>
      sandboxPage(read, parentId, 51, ['many-1500', randomUUID()]),
    );
    expect(plan).toContain('Index Scan using projects_parent_id_name_id_index');
    expect(plan).not.toContain('Sort');
  });
});

describe('GetWorkspace', () => {
  it('answers with the project and its direct sandboxes, by name', async () => {
    const { id: projectId } = await aProject(service, {}, { name: 'm' });
    await aTree(projectId, { root: ['z', 'a', 'n'], a: ['below'] });
    const { projects: found } = await projects().getWorkspace({ projectId: projectId.toUpperCase() });
    expect(found.map(({ name }) => name)).toEqual(['a', 'm', 'n', 'z']);
  });

  it('comes page by page when it is asked to, each in the order of the index', async () => {
    const { id: projectId } = await aProject(service, {}, { name: 'm' });
    await aTree(projectId, { root: ['z', 'a', 'n', 'b'], a: ['below'] });
    const pages = await pagesOf(
      (pageToken) => projects().getWorkspace({ projectId, pageSize: 2, pageToken }),
      (answer) => answer.projects.map(({ name }) => name),
    );
    expectPages(pages, 2, ['a', 'b', 'm', 'n', 'z']);

    await manyBelow(projectId);
    const plan = await planOf(service, (read) =>
      workspacePage(read, projectId, 51, ['many-1500', randomUUID()]),
    );
    expect(plan).toContain('projects_parent_id_name_id_index');
    expect(plan).not.toContain('Seq Scan');
    const { projects: whole, nextPageToken } = await projects().getWorkspace({ projectId });
    expect(whole).toHaveLength(1000);
    expect(nextPageToken).not.toBe('');
  });

  it('begins at the project asked for, not at its root', async () => {
    const { id } = await aProject(service);
    const { a = '' } = await aTree(id, { root: ['a', 'b'], a: ['c'] });
    const { projects: found } = await projects().getWorkspace({ projectId: a });
    expect(found.map(({ name }) => name)).toEqual(['a', 'c']);
  });

  it('says NOT_FOUND when there is no such project, and when its deletion has begun', async () => {
    const { id } = await aProject(service);
    await aTree(id, { root: ['left'] });
    await rows(service, 'update projects set deletion_started_at = now() where id = $1', [id]);
    for (const projectId of [randomUUID(), id]) {
      expect(await refusal(projects().getWorkspace({ projectId }))).toMatchObject({
        code: 'NOT_FOUND',
        reason: 'PROJECT_NOT_FOUND',
      });
    }
  });
});

describe('ListDescendants', () => {
  it('lists the whole tree by depth, then name, page by page', async () => {
    const { id: projectId } = await aProject(service);
    await aTree(projectId, { root: ['b', 'a'], a: ['d', 'f'], b: ['e', 'c'], f: ['g'] });
    const pages = await pagesOf(
      (pageToken) =>
        projects().listDescendants({ projectId: projectId.toUpperCase(), pageSize: 2, pageToken }),
      (page) => page.projects.map(({ name }) => name),
    );
    expect(pages.flat()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
  });

  it('lists what is below a sandbox, and nothing beside it', async () => {
    const { id } = await aProject(service);
    const { a = '' } = await aTree(id, { root: ['a', 'b'], a: ['c'], b: ['d'] });
    const { projects: found } = await projects().listDescendants({ projectId: a });
    expect(found.map(({ name }) => name)).toEqual(['c']);
  });

  it('leaves out what is being deleted', async () => {
    const { id: projectId } = await aProject(service);
    const { b = '' } = await aTree(projectId, { root: ['a', 'b'] });
    await rows(service, 'update projects set deletion_started_at = now() where id = $1', [b]);
    const { projects: found } = await projects().listDescendants({ projectId });
    expect(found.map(({ name }) => name)).toEqual(['a']);
  });

  it('goes down a hundred generations', async () => {
    const { id: projectId } = await aProject(service);
    await aChain(projectId, 100);
    const { projects: found } = await projects().listDescendants({ projectId, pageSize: 1000 });
    expect(found.map(({ name }) => name)).toEqual(
      Array.from({ length: 100 }, (_, index) => `link-${index + 1}`),
    );
  });

  it('names the circle when parents run in one', async () => {
    const { id } = await aProject(service);
    const { a = '', b = '', c = '' } = await aTree(id, { root: ['a'], a: ['b'], b: ['c'] });
    await rows(service, 'update projects set parent_id = $1 where id = $2', [c, a]);
    const failed = await refusal(projects().listDescendants({ projectId: b, pageSize: 1 }));
    expect(failed).toMatchObject({ code: 'INTERNAL', reason: 'PARENT_CYCLE' });
    expect(failed.metadata.project_ids?.split(',').toSorted()).toEqual([a, b, c].toSorted());
  });

  it('is empty for a project without any, and NOT_FOUND for none', async () => {
    const { id: projectId } = await aProject(service);
    expect(await projects().listDescendants({ projectId })).toMatchObject({
      projects: [],
      nextPageToken: '',
    });
    expect(await refusal(projects().listDescendants({ projectId: randomUUID() }))).toMatchObject({
      reason: 'PROJECT_NOT_FOUND',
    });
  });
});

describe('GetRootProject', () => {
  it('answers with the root at any depth, and with a root itself', async () => {
    const { id } = await aProject(service, {}, { name: 'top' });
    const last = await aChain(id, 100);
    for (const projectId of [id, last.toUpperCase()]) {
      expect((await projects().getRootProject({ projectId })).project).toMatchObject({ id, name: 'top' });
    }
  });

  it('shows the root to a member of the sandbox alone', async () => {
    const viewer = await aUser(service);
    const [owner, { id }] = [await aUser(service), await aProject(service)];
    const { id: projectId } = await aProject(service, { owner, viewer }, { parentId: id });
    expect((await projects(viewer.token).getRootProject({ projectId })).project?.id).toBe(id);
  });

  it('names the circle when parents run in one', async () => {
    const { id } = await aProject(service);
    const { a = '', b = '', c = '', d = '' } = await aTree(id, { root: ['a'], a: ['b'], b: ['c'], c: ['d'] });
    await rows(service, 'update projects set parent_id = $1 where id = $2', [c, a]);
    for (const projectId of [b, d]) {
      const failed = await refusal(projects().getRootProject({ projectId }));
      expect(failed).toMatchObject({ code: 'INTERNAL', reason: 'PARENT_CYCLE' });
      expect(failed.metadata.project_ids?.split(',').toSorted()).toEqual([a, b, c].toSorted());
      for (const each of [a, b, c]) expect(failed.message).toContain(each);
    }
  });

  it('says NOT_FOUND when there is no such project', async () => {
    expect(await refusal(projects().getRootProject({ projectId: randomUUID() }))).toMatchObject({
      code: 'NOT_FOUND',
      reason: 'PROJECT_NOT_FOUND',
    });
  });
});
