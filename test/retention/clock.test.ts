import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MaintenanceService } from '../../src/gen/lightning/projects/v1/maintenance_service_pb.ts';
import { queuedJobs } from '../support/jobs.ts';
import { aProject } from '../support/projects.ts';
import { rows } from '../support/rows.ts';
import { ProjectsService, startTestService, type TestService } from '../support/service.ts';

let open: AsyncDisposableStack;
/** Answers calls and has no clock. */
let service: TestService;
beforeEach(async () => {
  open = new AsyncDisposableStack();
  service = open.use(await startTestService({ ROLES: 'rpc' }));
});
afterEach(() => open.disposeAsync());

/** A worker that starts after days without any. */
async function startWorker(env: Readonly<Record<string, string>> = {}): Promise<void> {
  await rows(
    service,
    `insert into graphile_worker._private_known_crontabs (identifier, known_since, last_execution)
     select name, now() - interval '9 days', now() - interval '3 days'
     from unnest(array['enforce_retention', 'purge_project']) name
     on conflict do nothing`,
  );
  open.use(await startTestService({ ROLES: 'worker', DATABASE_URL: service.databaseUrl, ...env }));
}

/** Waits until all that the clock began is done; what it started may not have been. */
async function clockDone(): Promise<void> {
  const begun = async () => (await queuedJobs(service)).filter(({ task }) => task !== 'run_operation');
  await expect.poll(begun).toEqual([]);
}

async function operationsOf(projectId: string, kind: string): Promise<{ actor_id: string | null }[]> {
  return await rows(service, 'select actor_id from operations where project_id = $1 and kind = $2', [
    projectId,
    kind,
  ]);
}

async function isThere(projectId: string): Promise<boolean> {
  return (await rows(service, 'select from projects where id = $1', [projectId])).length > 0;
}

/** A project whose date came an hour ago. */
async function aDueProject(): Promise<string> {
  const { id } = await aProject(service);
  await rows(service, `update projects set scheduled_deletion = now() - interval '1 hour' where id = $1`, [
    id,
  ]);
  return id;
}

describe('The night that was missed', () => {
  it('starts one operation for each project with a period, however many workers come', async () => {
    const { id: kept } = await aProject(service);
    const cleared = [];
    for (let count = 0; count < 3; count += 1) {
      cleared.push((await aProject(service, {}, { historyRetentionPeriod: 30 })).id);
    }
    await Promise.all(Array.from({ length: 3 }, () => startWorker()));

    for (const id of cleared) {
      await expect.poll(() => operationsOf(id, 'enforce_retention')).toEqual([{ actor_id: null }]);
    }
    await clockDone();
    for (const id of cleared) expect(await operationsOf(id, 'enforce_retention')).toHaveLength(1);
    expect(await operationsOf(kept, 'enforce_retention')).toEqual([]);
  });
});

describe('A project whose date has come', () => {
  it('is purged by the clock once PURGE_DELETED_AFTER_DAYS is set', async () => {
    const due = await aDueProject();
    await startWorker({ PURGE_DELETED_AFTER_DAYS: '7' });
    await expect.poll(() => isThere(due)).toBe(false);
    expect(await operationsOf(due, 'purge_project')).toEqual([{ actor_id: null }]);
  });

  it('stays without it, whatever else the clock starts', async () => {
    const due = await aDueProject();
    const { id: cleared } = await aProject(service, {}, { historyRetentionPeriod: 30 });
    await startWorker();
    await expect.poll(() => operationsOf(cleared, 'enforce_retention')).toHaveLength(1);
    await clockDone();
    expect(await operationsOf(due, 'purge_project')).toEqual([]);
    expect(await isThere(due)).toBe(true);
  });
});

describe('PURGE_DELETED_AFTER_DAYS', () => {
  it.each([
    ['unset', {}, 0, 1],
    ['0', { PURGE_DELETED_AFTER_DAYS: '0' }, 0, 1],
    ['36500', { PURGE_DELETED_AFTER_DAYS: '36500' }, 36_500, 0],
  ] as const)(
    'of %s dates a project and lets it be purged when that has come',
    async (_, env, days, purges) => {
      const dated = open.use(
        await startTestService({ ROLES: 'rpc', DATABASE_URL: service.databaseUrl, ...env }),
      );
      const { id } = await aProject(service);
      const before = Math.floor(Date.now() / 1000);
      const { project } = await dated.client(ProjectsService, service.admin).scheduleProjectDeletion({ id });
      const date = Number(project?.scheduledDeletion?.seconds) - days * 86_400;
      expect(date).toBeGreaterThanOrEqual(before);
      expect(date).toBeLessThanOrEqual(Math.floor(Date.now() / 1000));

      const { operations } = await dated.client(MaintenanceService, service.admin).purgeDeletedProjects({});
      expect(operations.map(({ projectId }) => projectId)).toEqual(purges === 0 ? [] : [id]);
    },
  );
});
