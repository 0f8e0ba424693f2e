import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aSite } from '../history/support/engine.ts';
import { aProject } from '../support/projects.ts';
import { ending } from '../support/refusal.ts';
import { lockRow, type Rival, waitingStatements } from '../support/rival.ts';
import { rows } from '../support/rows.ts';
import { aUser, ProjectsService, startTestService, type TestService } from '../support/service.ts';
import { aDeleter, addHistory } from './support/batches.ts';
import { everything } from './support/full-project.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ ROLES: 'rpc' });
});
afterAll(() => service.close());

/** Connections of tests, but for the one that asks. */
const OTHERS = `
  select pid from pg_stat_activity
  where datname = current_database() and application_name = '' and pid <> pg_backend_pid()
    and backend_type = 'client backend'`;

const projects = () => service.client(ProjectsService, service.admin);

async function sizes(): Promise<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(await everything(service)).map(([table, all]) => [table, all.length]),
  );
}

/** A project whose deletion has begun. */
async function doomed(size: { readonly workOrders: number; readonly lines: number }): Promise<string> {
  const { projectId } = await aSite(service);
  await addHistory(service, projectId, size);
  await rows(service, 'update projects set deletion_started_at = now() where id = $1', [projectId]);
  return projectId;
}

async function isThere(projectId: string): Promise<boolean> {
  return (await rows(service, 'select from projects where id = $1', [projectId])).length > 0;
}

describe('A batch', () => {
  it('deletes at most its number of rows of any table, also of the many logs of one run', async () => {
    const projectId = await doomed({ workOrders: 3, lines: 30 });
    await using deleter = await aDeleter(service, projectId, 10);
    let before = await sizes();
    let batches = 0;
    for (; ; batches += 1) {
      const deleted = await deleter.next();
      const after = await sizes();
      const gone = Object.entries(before).map(([table, size]) => size - (after[table] ?? 0));
      expect(Math.max(...gone)).toBeLessThanOrEqual(10);
      expect(gone.reduce((sum, one) => sum + one, 0)).toBeGreaterThanOrEqual(deleted);
      before = after;
      if (deleted === 0) break;
    }
    expect(batches).toBeGreaterThanOrEqual(9);
    expect(await isThere(projectId)).toBe(false);
  });

  it('leaves the owner to the last, who may go on with the deletion until then', async () => {
    const [owner, editor, viewer] = [await aUser(service), await aUser(service), await aUser(service)];
    const { id } = await aProject(service, { owner, editor, viewer });
    await rows(service, 'update projects set deletion_started_at = now() where id = $1', [id]);
    await using deleter = await aDeleter(service, id, 1);
    const ownerOf = () =>
      rows(
        service,
        `select role from projects left join project_users on project_id = projects.id and role = 'owner'
         where projects.id = $1`,
        [id],
      );
    let batches = 0;
    for (let left = await ownerOf(); left.length > 0; left = await ownerOf()) {
      expect(left).toEqual([{ role: 'owner' }]);
      await deleter.next();
      batches += 1;
    }
    expect(batches).toBe(3);
  });

  it('reads no table of the history from its one end to the other', async () => {
    const { projectId: neighbour } = await aSite(service);
    await addHistory(service, neighbour, { workOrders: 2000, lines: 2 });
    const projectId = await doomed({ workOrders: 50, lines: 20 });
    await rows(service, 'analyze');
    // Who filled the tables tells what it did when its connection is gone.
    await expect.poll(() => rows(service, OTHERS)).toEqual([]);
    const scans = () =>
      rows(
        service,
        `select relname, seq_scan from pg_stat_user_tables where relname = any($1) order by relname`,
        [['log_lines', 'run_steps', 'runs', 'steps', 'work_orders', 'dataclips']],
      );
    await using deleter = await aDeleter(service, projectId, 100);
    const before = await scans();
    while ((await deleter.next()) > 0) await deleter.flush();
    await deleter.flush();
    expect(await isThere(projectId)).toBe(false);
    const [deleted] = await rows<{ deleted: number }>(
      service,
      `select n_tup_del::int as deleted from pg_stat_user_tables where relname = 'log_lines'`,
    );
    expect(deleted?.deleted).toBeGreaterThanOrEqual(1000);
    expect(await scans()).toEqual(before);
  });
});

describe('The batches of a project with many sandboxes', () => {
  it('look at a few projects each, and not at all that are left', async () => {
    const SANDBOXES = 100;
    await rows(service, `insert into projects (name) select 'beside-' || n from generate_series(1, 3300) n`);
    const projectId = await doomed({ workOrders: 1, lines: 1 });
    await rows(
      service,
      `insert into projects (name, parent_id, deletion_started_at)
       select 'sandbox-' || n, $1, now() from generate_series(1, ${SANDBOXES}) n`,
      [projectId],
    );
    await rows(service, 'analyze projects');
    await expect.poll(() => rows(service, OTHERS)).toEqual([]);
    const looked = async () => {
      const [found] = await rows<{ looked: number }>(
        service,
        `select (seq_tup_read + idx_tup_fetch)::int as looked from pg_stat_user_tables where relname = 'projects'`,
      );
      return found?.looked ?? 0;
    };
    await using deleter = await aDeleter(service, projectId, 100);
    const before = await looked();
    while ((await deleter.next()) > 0);
    await deleter.flush();
    expect(await isThere(projectId)).toBe(false);
    expect((await looked()) - before).toBeGreaterThan(SANDBOXES);
    expect((await looked()) - before).toBeLessThan(30 * SANDBOXES);
  });
});

describe('Several who delete one project', () => {
  it('take turns until it is gone, and none fails', async () => {
    const projectId = await doomed({ workOrders: 60, lines: 5 });
    const work = Array.from({ length: 4 }, async () => {
      await using deleter = await aDeleter(service, projectId, 20);
      let deleted = 0;
      for (let next = -1; next !== 0; deleted += next) next = await deleter.next();
      return deleted;
    });
    const deleted = await Promise.all(work);
    // 60 of each of five kinds, 300 lines, and the project itself at least: nobody counts what another deleted.
    expect(deleted.reduce((sum, one) => sum + one, 0)).toBeLessThan(60 * 5 + 300 + 10);
    expect(await isThere(projectId)).toBe(false);
    const [told] = await rows<{ count: number }>(
      service,
      `select count(*)::int from events where project_id = $1 and kind = 'project_deleted'`,
      [projectId],
    );
    expect(told?.count).toBe(1);
  });

  it('by DeleteProject all get their answer', async () => {
    const { id } = await aProject(service);
    await aProject(service, {}, { parentId: id });
    const answers = Array.from({ length: 5 }, () => ending(projects().deleteProject({ id, force: true })));
    const endings = await Promise.all(answers);
    expect(endings).toContain('done');
    expect(endings.filter((one) => one !== 'done' && one !== 'PROJECT_NOT_FOUND')).toEqual([]);
  });
});

describe('DeleteProject that is broken off', () => {
  it('leaves the project invisible and half deleted, and goes on when it is called again', async () => {
    const { projectId: id } = await aSite(service);
    await addHistory(service, id, { workOrders: 1500, lines: 2 });
    const left = async () => {
      const [found] = await rows<{ count: number }>(
        service,
        'select count(*)::int from work_orders where project_id = $1',
        [id],
      );
      return found?.count;
    };
    const call = new AbortController();
    await using rival = await lockLastWorkOrder(id);
    const first = ending(projects().deleteProject({ id }, { signal: call.signal }));
    await expect.poll(() => waitingStatements(service)).toBe(1);
    call.abort();
    expect(await first).not.toBe('done');
    await expect.poll(() => waitingStatements(service)).toBe(0);
    await rival.leave();

    // What the batches before it deleted stays deleted; its own is whole again.
    expect(await left()).toBeLessThan(1500);
    expect(await left()).toBeGreaterThan(0);
    expect(await ending(projects().getProject({ id }))).toBe('PROJECT_NOT_FOUND');
    const { deletedProjectIds } = await projects().deleteProject({ id });
    expect(deletedProjectIds).toEqual([id]);
    expect(await isThere(id)).toBe(false);
  });
});

async function lockLastWorkOrder(projectId: string): Promise<Rival> {
  return await lockRow(
    service,
    'work_orders where project_id = $1 order by inserted_at desc, id desc limit 1',
    projectId,
  );
}
