import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
import { aFullProject, everything } from './support/full-project.ts';
import { aChain } from './support/tree.ts';

const open = new AsyncDisposableStack();
let service: TestService;
let files: string;
beforeAll(async () => {
  files = await mkdtemp(join(tmpdir(), 'project-files-'));
  open.defer(() => rm(files, { recursive: true }));
  service = open.use(await startTestService({ FILE_STORE_URL: `file://${files}`, ROLES: 'rpc' }));
});
afterAll(() => open.disposeAsync());

const projects = (token = service.admin) => service.client(ProjectsService, token);

/** Of no project: people and their credentials stay. */
const people = ['users', 'credentials'];

async function withoutPeople(): Promise<Readonly<Record<string, readonly string[]>>> {
  const all = await everything(service);
  return Object.fromEntries(Object.entries(all).filter(([table]) => !people.includes(table)));
}

describe.each(['client', 'httpClient'] as const)('DeleteProject over the %s', (way) => {
  it('deletes all that belongs to a project and below it, and nothing of a neighbour', async () => {
    await aFullProject(service);
    const before = await withoutPeople();
    const doomed = await aFullProject(service);
    const filled = Object.entries(await withoutPeople()).map(
      ([table, all]) => [table, all.length > (before[table]?.length ?? 0)] as const,
    );
    expect(filled.filter(([, isFilled]) => !isFilled)).toEqual([]);
    const { project: was } = await projects().getProject({ id: doomed.id });

    const answer = await service[way](ProjectsService, doomed.owner.token).deleteProject({
      id: doomed.id,
      force: true,
    });

    expect(await withoutPeople()).toEqual(before);
    expect(answer.deletedProjectIds).toEqual([doomed.sandboxId, doomed.id]);
    expect({ ...answer.project, parent: undefined }).toEqual({ ...was, parent: undefined });
    const told = await rows<{ kind: string; project_id: string }>(
      service,
      `select kind, project_id from events where project_id = any($1) and kind like 'project_delet%' order by id`,
      [[doomed.id, doomed.sandboxId]],
    );
    expect(told.map(({ kind, project_id }) => [kind, project_id])).toEqual([
      ['project_deletion_started', doomed.id],
      ['project_deletion_started', doomed.sandboxId],
      ['project_deleted', doomed.sandboxId],
      ['project_deleted', doomed.id],
    ]);
  });

  it('without force lists what stands below, and deletes nothing', async () => {
    const ids = await aChain(service, 5);
    const [top = '', ...below] = ids;
    const refused = await refusal(service[way](ProjectsService, service.admin).deleteProject({ id: top }));
    expect(refused).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'HAS_SANDBOXES',
      subjects: below.map((id) => `projects/${id}`),
      metadata: { sandbox_count: '4' },
    });
    expect((await projects().batchGetProjects({ ids })).missingIds).toEqual([]);
  });
});

describe('DeleteProject', () => {
  it('deletes leaves first, whatever the depth', async () => {
    const ids = await aChain(service, 5);
    const { deletedProjectIds } = await projects().deleteProject({ id: ids[0] ?? '', force: true });
    expect(deletedProjectIds).toEqual(ids.toReversed());
    const gone = await rows<{ project_id: string }>(
      service,
      `select project_id from events where project_id = any($1) and kind = 'project_deleted' order by id`,
      [ids],
    );
    expect(gone.map(({ project_id }) => project_id)).toEqual(ids.toReversed());
  });

  it('removes the objects of its files, and none of others', async () => {
    const [{ id }, { id: neighbour }] = [await aProject(service), await aProject(service)];
    await mkdir(join(files, 'exports'));
    const paths = ['exports/one', 'exports/two', 'exports/kept'];
    for (const path of paths) await writeFile(join(files, path), 'bytes');
    await rows(
      service,
      `insert into project_files (project_id, type, path)
       values ($1, 'export', $3), ($1, 'export', $4), ($1, 'export', 'exports/missing'), ($2, 'export', $5)`,
      [id, neighbour, ...paths],
    );
    await projects().deleteProject({ id });
    expect(await readdir(join(files, 'exports'))).toEqual(['kept']);
  });

  it('stops at a file that the store refuses, keeps its row, and goes on when that is put right', async () => {
    const { id } = await aProject(service);
    const insert = `insert into project_files (project_id, type, path) values ($1, 'export', '../outside')`;
    await rows(service, insert, [id]);
    expect(await ending(projects().deleteProject({ id }))).toBe('FILE_PATH_REFUSED');
    expect(await ending(projects().getProject({ id }))).toBe('PROJECT_NOT_FOUND');
    await rows(service, `update project_files set path = 'inside' where project_id = $1`, [id]);
    expect(await ending(projects().deleteProject({ id }))).toBe('done');
  });

  it('refuses a stale etag', async () => {
    const { id } = await aProject(service);
    expect(await ending(projects().deleteProject({ id, etag: '"old"' }))).toBe('ETAG_MISMATCH');
    expect(await ending(projects().getProject({ id }))).toBe('done');
  });

  it('deletes a project that waits for its deletion', async () => {
    const owner = await aUser(service);
    const { id } = await aProject(service, { owner });
    await projects().scheduleProjectDeletion({ id });
    await projects(owner.token).deleteProject({ id });
    expect(await ending(projects().deleteProject({ id }))).toBe('PROJECT_NOT_FOUND');
  });
});

describe('A deletion that was broken off', () => {
  /** A project whose deletion has begun, with an owner, an admin and rows left. */
  async function begun() {
    const [owner, admin] = [await aUser(service), await aUser(service)];
    const { id, name } = await aProject(service, { owner, admin });
    await rows(service, 'update projects set deletion_started_at = now() where id = $1', [id]);
    return { id, name, owner, admin };
  }

  it('leaves the project invisible to every method', async () => {
    const { id, owner } = await begun();
    const own = projects(owner.token);
    const members = service.client(MembersService, owner.token);
    const calls = [
      own.getProject({ id }),
      own.scheduleProjectDeletion({ id }),
      own.cancelProjectDeletion({ id }),
      own.validateProjectDeletion({ id, nameConfirmation: 'x' }),
      own.updateProject({ project: { id, requiresMfa: true } }),
      own.createSandbox({ parentId: id, project: { name: 'x' } }),
      own.getProjectHead({ projectId: id }),
      own.getWorkspace({ projectId: id }),
      own.listSandboxes({ parentId: id }),
      Array.fromAsync(own.exportProject({ projectId: id })),
      members.listMembers({ projectId: id }),
    ];
    expect(await Promise.all(calls.map(ending))).toEqual(calls.map(() => 'PROJECT_NOT_FOUND'));
    expect((await own.listUserProjects({})).projects).toEqual([]);
    expect((await own.getProjectsOverview({})).projects).toEqual([]);
    expect((await own.batchGetProjects({ ids: [id] })).missingIds).toEqual([id]);
  });

  it('is gone on with by whoever might have begun it, and by nobody else', async () => {
    const { id, name, owner, admin } = await begun();
    const stranger = await aUser(service);
    for (const token of [admin.token, stranger.token, service.reader])
      expect(await ending(projects(token).deleteProject({ id }))).not.toBe('done');
    const { project, deletedProjectIds } = await projects(owner.token).deleteProject({ id });
    expect(project?.name).toBe(name);
    expect(deletedProjectIds).toEqual([id]);
  });

  it('of a sandbox needs no force above it, and ends with its parent', async () => {
    const [top = '', sandbox = ''] = await aChain(service, 2);
    await rows(service, 'update projects set deletion_started_at = now() where id = $1', [sandbox]);
    const { deletedProjectIds } = await projects().deleteProject({ id: top });
    expect(deletedProjectIds).toEqual([sandbox, top]);
    expect(await rows(service, 'select from projects where id = any($1)', [[top, sandbox]])).toEqual([]);
  });
});
