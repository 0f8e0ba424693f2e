import { toJson } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Project, ProjectSchema } from '../../src/gen/lightning/projects/v1/project_pb.ts';
import { aProject } from '../support/projects.ts';
import {
  aUser,
  ProjectsService,
  startTestService,
  type TestService,
  type TestUser,
} from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ ROLES: 'rpc' });
});
afterAll(() => service.close());

const as = ({ token }: TestUser) => service.client(ProjectsService, token);
const secret = { description: 'not for everybody', env: 'secret' };

/** What everybody around a project may know of it. */
const outline = ({ id, name, parentId }: Project) => ({
  id,
  name,
  ...(parentId === undefined ? {} : { parentId }),
});
const json = (project: Project | undefined) => project && toJson(ProjectSchema, project);

/** A root, a sandbox of it and a sandbox of that one, each with an owner of its own. */
async function threeLevels() {
  const owners = [await aUser(service), await aUser(service), await aUser(service)] as const;
  const root = await aProject(service, { owner: owners[0] }, secret);
  const middle = await aProject(service, { owner: owners[1] }, { ...secret, parentId: root.id });
  const leaf = await aProject(service, { owner: owners[2] }, { ...secret, parentId: middle.id });
  return { owners, root, middle, leaf };
}

describe('A project around the one that a caller may read', () => {
  it('is told as no more than its place and name to who may not read it', async () => {
    const { owners, root, middle, leaf } = await threeLevels();
    const { project: above } = await as(owners[2]).getRootProject({ projectId: leaf.id });
    const { projects: sandboxes } = await as(owners[1]).listSandboxes({ parentId: middle.id });
    const { projects: workspace } = await as(owners[1]).getWorkspace({ projectId: middle.id });
    const { projects: descendants } = await as(owners[1]).listDescendants({ projectId: middle.id });

    expect(json(above)).toEqual(outline(root));
    expect(sandboxes.map(json)).toEqual([outline(leaf)]);
    expect(descendants.map(json)).toEqual([outline(leaf)]);
    const [own, other] = [middle, leaf].map(({ id }) => workspace.find((project) => project.id === id));
    expect(own).toMatchObject(secret);
    expect(json(other)).toEqual(outline(leaf));
  });

  it('is told in full to members of the root, and to services', async () => {
    const { owners, root, middle, leaf } = await threeLevels();
    const reader = service.client(ProjectsService, service.reader);
    for (const caller of [as(owners[0]), reader]) {
      const { projects } = await caller.listDescendants({ projectId: root.id });
      expect(projects.map(({ id }) => id)).toEqual([middle.id, leaf.id]);
      for (const project of projects) expect(project).toMatchObject(secret);
      expect((await caller.getRootProject({ projectId: leaf.id })).project).toMatchObject(secret);
    }
  });

  it('is told to owners and admins alone while it waits for its deletion', async () => {
    const [owner, viewer] = [await aUser(service), await aUser(service)];
    const { id: parentId } = await aProject(service, { owner, viewer });
    const sandbox = await aProject(service, {}, { ...secret, parentId });
    await as(owner).scheduleProjectDeletion({ id: sandbox.id });

    const shownTo = async (caller: TestUser) => (await as(caller).listSandboxes({ parentId })).projects[0];
    const [toOwner, toViewer] = [await shownTo(owner), await shownTo(viewer)];

    expect(toOwner).toMatchObject(secret);
    expect(toOwner?.scheduledDeletion).toBeDefined();
    expect(json(toViewer)).toEqual(outline(sandbox));
  });
});
