import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aRun, aSite, record } from '../history/support/engine.ts';
import { aLargeProject, aProject } from '../support/projects.ts';
import { ending } from '../support/refusal.ts';
import { lockProject, lockRow, waitingStatements } from '../support/rival.ts';
import { rows } from '../support/rows.ts';
import { aUser, ProjectsService, startTestService, type TestService } from '../support/service.ts';
import { aChain } from './support/tree.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ ROLES: 'rpc' });
});
afterAll(() => service.close());

const projects = () => service.client(ProjectsService, service.admin);

async function isThere(projectId: string): Promise<boolean> {
  return (await rows(service, 'select from projects where id = $1', [projectId])).length > 0;
}

describe('While a project is being deleted', () => {
  it('a provisioning below it waits and finds no parent any more', async () => {
    const owner = await aUser(service);
    const { id: parentId } = await aProject(service, { owner });
    const { id: sibling } = await aProject(service, {}, { parentId });
    await using rival = await lockProject(service, sibling);
    const deleted = ending(projects().deleteProject({ id: parentId, force: true }));
    await expect.poll(() => waitingStatements(service)).toBe(1);
    const provisioned = ending(
      projects().provisionSandbox({ parentId, name: 'late', actorUserId: owner.id }),
    );
    await expect.poll(() => waitingStatements(service)).toBe(2);
    await rival.leave();
    expect(await Promise.all([deleted, provisioned])).toEqual(['done', 'PROJECT_NOT_FOUND']);
    expect(await isThere(parentId)).toBe(false);
  });

  it('sandboxes that many make below it are deleted with it, or refused', async () => {
    const [root = '', middle = ''] = await aChain(service, 2);
    const made = Array.from({ length: 20 }, (_, index) =>
      ending(projects().createSandbox({ parentId: middle, project: { name: `s-${index}` } })),
    );
    const [deleted, endings] = await Promise.all([
      ending(projects().deleteProject({ id: root, force: true })),
      Promise.all(made),
    ]);
    expect(deleted).toBe('done');
    expect(endings.filter((one) => one !== 'done' && one !== 'PROJECT_NOT_FOUND')).toEqual([]);
    expect(await rows(service, 'select id from projects where parent_id = $1', [middle])).toEqual([]);
    expect(await isThere(root)).toBe(false);
  });

  it('history that is recorded at the same time goes with it, or is refused', async () => {
    const site = await aSite(service);
    await record(service, [aRun(site).batch]);
    const recorded = Array.from({ length: 20 }, () => record(service, [aRun(site).batch]));
    const deleted = ending(projects().deleteProject({ id: site.projectId }));
    await Promise.all(recorded);
    expect(await deleted).toBe('done');
    const left = await rows(
      service,
      `select id from runs where project_id = $1 union all select id from steps where project_id = $1
       union all select id from dataclips where project_id = $1`,
      [site.projectId],
    );
    expect(left).toEqual([]);
    expect(await isThere(site.projectId)).toBe(false);
  });

  it('an export that began before is whole, and holds nothing up', async () => {
    const { id } = await aLargeProject(service, 1);
    const whole = await Array.fromAsync(projects().exportProject({ projectId: id }));
    const stream = projects().exportProject({ projectId: id })[Symbol.asyncIterator]();
    const first = await stream.next();

    expect(await ending(projects().deleteProject({ id }))).toBe('done');

    const chunks = first.done === true ? [] : [first.value.chunk];
    for (let next = await stream.next(); next.done !== true; next = await stream.next())
      chunks.push(next.value.chunk);
    expect(Buffer.concat(chunks).equals(Buffer.concat(whole.map(({ chunk }) => chunk)))).toBe(true);
  });

  it('other projects are changed without waiting for it', async () => {
    const site = await aSite(service);
    await record(service, [aRun(site).batch]);
    const { id } = await aProject(service);
    await using rival = await lockRow(service, 'work_orders where project_id = $1', site.projectId);
    const deleted = ending(projects().deleteProject({ id: site.projectId }));
    await expect.poll(() => waitingStatements(service)).toBe(1);
    expect(await ending(projects().updateProject({ project: { id, requiresMfa: true } }))).toBe('done');
    expect(await ending(projects().scheduleProjectDeletion({ id }))).toBe('done');
    expect(await ending(projects().deleteProject({ id }))).toBe('done');
    await rival.leave();
    expect(await deleted).toBe('done');
  });
});
