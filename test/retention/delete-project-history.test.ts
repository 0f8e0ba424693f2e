import { randomUUID } from 'node:crypto';
import { Code, ConnectError } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MaintenanceService } from '../../src/gen/lightning/projects/v1/maintenance_service_pb.ts';
import { openSessions } from '../database/support/sessions.ts';
import { aRun, aSite, record, type Site } from '../history/support/engine.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { lockRow, waitingStatements } from '../support/rival.ts';
import { rows } from '../support/rows.ts';
import { aUser, startTestService, type TestService } from '../support/service.ts';

let service: TestService;

beforeAll(async () => {
  service = await startTestService({ ROLES: 'rpc' });
});

afterAll(() => service.close());

type Method = 'deleteProjectWorkOrders' | 'deleteProjectDataclips';
const methods: readonly Method[] = ['deleteProjectWorkOrders', 'deleteProjectDataclips'];

async function all(
  method: Method,
  request: { readonly projectId: string; readonly batchSize?: number },
  client = service.client(MaintenanceService, service.admin),
): Promise<[done: number, total: number][]> {
  const progress: [number, number][] = [];
  for await (const { done, total } of client[method](request)) progress.push([Number(done), Number(total)]);
  return progress;
}

/** A site in which so many work orders ran, each with one run, step and log line, and two dataclips. */
async function ranSite(workOrders: number): Promise<Site> {
  const site = await aSite(service);
  await record(
    service,
    Array.from({ length: workOrders }, () => aRun(site).batch),
  );
  return site;
}

async function countsOf({ projectId }: Site): Promise<unknown> {
  const [counts] = await rows(
    service,
    `select (select count(*)::int from work_orders where project_id = $1) as work_orders,
       (select count(*)::int from runs where project_id = $1) as runs,
       (select count(*)::int from steps where project_id = $1) as steps,
       (select count(*)::int from log_lines join runs on runs.id = run_id where project_id = $1) as log_lines,
       (select count(*)::int from dataclips where project_id = $1) as dataclips`,
    [projectId],
  );
  return counts;
}

async function told({ projectId }: Site): Promise<Record<string, unknown>[]> {
  return await rows(
    service,
    `select method, changes from audit_events where project_id = $1 and kind = 'history_deleted' order by id`,
    [projectId],
  );
}

describe('Deleting the work orders of a project', () => {
  it('takes runs, steps and logs along, and leaves dataclips and other projects', async () => {
    const [site, other] = [await ranSite(5), await ranSite(2)];
    const before = await countsOf(other);

    expect(await all('deleteProjectWorkOrders', { projectId: site.projectId })).toEqual([
      [0, 5],
      [5, 5],
    ]);

    expect(await countsOf(site)).toEqual({ work_orders: 0, runs: 0, steps: 0, log_lines: 0, dataclips: 10 });
    expect(await countsOf(other)).toEqual(before);
    const method = 'MaintenanceService.DeleteProjectWorkOrders';
    const changes = { log_lines: 5, run_steps: 5, steps: 5, runs: 5, work_orders: 5 };
    expect(await told(site)).toEqual([{ method, changes }]);
  });

  it('goes batch by batch, what hangs on the work orders of a batch first', async () => {
    const site = await ranSite(5);
    const client = service.httpClient(MaintenanceService, service.admin);

    const progress = await all(
      'deleteProjectWorkOrders',
      { projectId: site.projectId, batchSize: 2 },
      client,
    );

    expect(progress[0]).toEqual([0, 5]);
    expect(progress.at(-1)).toEqual([5, 5]);
    expect(progress.map(([done]) => done)).toEqual(progress.map(([done]) => done).toSorted());
    for (const { changes } of await told(site)) {
      for (const count of Object.values(Object(changes))) expect(count).toBeLessThanOrEqual(2);
    }
    expect(await countsOf(site)).toMatchObject({ work_orders: 0, runs: 0, steps: 0, log_lines: 0 });
  });
});

describe('Deleting the dataclips of a project', () => {
  it('takes them out of whatever used them, named ones too', async () => {
    const [site, other] = [await ranSite(2), await ranSite(1)];
    // What steps put out comes last: one reference each, where what they took in has three.
    await rows(
      service,
      `update dataclips set name = id::text, inserted_at = case
         when id in (select output_dataclip_id from steps) then now() else now() - interval '1 day' end
       where project_id = $1`,
      [site.projectId],
    );
    const before = await countsOf(other);
    const began = new Date();

    expect(await all('deleteProjectDataclips', { projectId: site.projectId, batchSize: 3 })).toEqual([
      [0, 4],
      [3, 4],
      [4, 4],
    ]);

    expect(await countsOf(site)).toEqual({ work_orders: 2, runs: 2, steps: 2, log_lines: 2, dataclips: 0 });
    expect(await countsOf(other)).toEqual(before);
    const used = await rows(
      service,
      `select 1 from steps where project_id = $1 and (input_dataclip_id is not null or output_dataclip_id is not null)
       union all select 1 from runs where project_id = $1 and dataclip_id is not null
       union all select 1 from work_orders where project_id = $1 and dataclip_id is not null`,
      [site.projectId],
    );
    expect(used).toEqual([]);
    const unchanged = await rows(
      service,
      `select 1 from steps where project_id = $1 and updated_at < $2
       union all select 1 from runs where project_id = $1 and updated_at < $2
       union all select 1 from work_orders where project_id = $1 and updated_at < $2`,
      [site.projectId, began],
    );
    expect(unchanged).toEqual([]);
    const method = 'MaintenanceService.DeleteProjectDataclips';
    const changes = [
      { dataclips: 3, dataclip_references: 7 },
      { dataclips: 1, dataclip_references: 1 },
    ];
    expect(await told(site)).toEqual(changes.map((one) => ({ method, changes: one })));
  });

  it('takes no more references away at a time than a batch may have, however many there are to one', async () => {
    const site = await ranSite(8);
    await rows(
      service,
      `with shared as (select id from dataclips where project_id = $1 order by inserted_at, id limit 1),
         w as (update work_orders set dataclip_id = (select id from shared) where project_id = $1),
         r as (update runs set dataclip_id = (select id from shared) where project_id = $1)
       update steps set input_dataclip_id = (select id from shared), output_dataclip_id = null where project_id = $1`,
      [site.projectId],
    );

    const progress = await all('deleteProjectDataclips', { projectId: site.projectId, batchSize: 3 });

    expect(progress[0]).toEqual([0, 16]);
    expect(progress.at(-1)).toEqual([16, 16]);
    for (const table of ['work_orders', 'runs', 'steps']) {
      const batches = await rows<{ count: number }>(
        service,
        `select count(*)::int from ${table} where project_id = $1 group by xmin::text order by 1`,
        [site.projectId],
      );
      expect(
        batches.map(({ count }) => count),
        table,
      ).toEqual([2, 3, 3]);
    }
  });
});

describe.each(methods)('%s', (method) => {
  const clients = {
    gRPC: () => service.client(MaintenanceService, service.admin),
    Connect: () => service.httpClient(MaintenanceService, service.admin),
  };

  it.each(Object.entries(clients))(
    'stops when its call over %s ends, and goes on when called again',
    async (_, client) => {
      const { projectId } = await ranSite(3);
      const [table, last] = method === 'deleteProjectDataclips' ? ['dataclips', 5n] : ['work_orders', 2n];
      await using sessions = await openSessions(service.databaseUrl, 1);
      const [rival] = sessions.all;
      await rival?.start('begin');
      await rival?.start(
        `select from ${table} where project_id = '${projectId}' order by inserted_at desc, id desc limit 1 for update`,
      );
      const over = new AbortController();

      const stopped = (async () => {
        for await (const { done } of client()[method]({ projectId, batchSize: 1 }, { signal: over.signal })) {
          if (done < last) continue;
          await expect.poll(() => waitingStatements(service)).toBe(1);
          over.abort();
        }
      })();
      await expect(stopped).rejects.toSatisfy((error) => ConnectError.from(error).code === Code.Canceled);
      await expect.poll(() => waitingStatements(service)).toBe(0);
      await rival?.start('commit');

      expect(await all(method, { projectId })).toEqual([
        [0, 1],
        [1, 1],
      ]);
    },
  );

  it('says at once when there is nothing to delete', async () => {
    const { id: projectId } = await aProject(service);
    expect(await all(method, { projectId })).toEqual([[0, 0]]);
  });

  it('by two at once deletes everything once, and each ends with as much as it deleted', async () => {
    const site = await ranSite(10);
    const { projectId } = site;

    const both = await Promise.all([1, 2].map(() => all(method, { projectId, batchSize: 3 })));

    const ends = both.map((progress) => progress.at(-1));
    expect(ends.every((end) => end?.[0] === end?.[1])).toBe(true);
    expect(ends.reduce((sum, end) => sum + (end?.[0] ?? 0), 0)).toBe(
      method === 'deleteProjectDataclips' ? 20 : 10,
    );
  });

  it('is NOT_FOUND for a project that is not there, or is being deleted', async () => {
    const { id } = await aProject(service);
    await rows(service, 'update projects set deletion_started_at = now() where id = $1', [id]);
    for (const projectId of [randomUUID(), id]) {
      expect(await refusal(all(method, { projectId }))).toMatchObject({
        code: 'NOT_FOUND',
        reason: 'PROJECT_NOT_FOUND',
      });
    }
  });

  it('is refused while the project waits for its deletion', async () => {
    const { projectId } = await ranSite(1);
    await rows(service, 'update projects set scheduled_deletion = now() where id = $1', [projectId]);
    expect(await refusal(all(method, { projectId }))).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'PROJECT_PENDING_DELETION',
    });
  });

  it('ends with the batch in hand when the deletion of the project is scheduled meanwhile', async () => {
    const { projectId } = await ranSite(2);
    const table = method === 'deleteProjectDataclips' ? 'dataclips' : 'work_orders';
    await using rival = await lockRow(service, `${table} where project_id = $1`, projectId);
    const refused = refusal(all(method, { projectId, batchSize: 1 }));
    await expect.poll(() => waitingStatements(service)).toBe(1);
    await rows(service, 'update projects set scheduled_deletion = now() where id = $1', [projectId]);
    await rival.leave();

    expect(await refused).toMatchObject({ reason: 'PROJECT_PENDING_DELETION' });
    expect(await rows(service, `select from ${table} where project_id = $1`, [projectId])).not.toEqual([]);
  });

  it('is for superusers and services alone', async () => {
    const owner = await aUser(service);
    const superuser = await aUser(service, { superuser: true });
    const { id: projectId } = await aProject(service, { owner });
    const by = (token: string) => all(method, { projectId }, service.client(MaintenanceService, token));

    expect(await refusal(by(owner.token))).toMatchObject({ reason: 'SUPERUSER_REQUIRED' });
    expect(await refusal(by(service.reader))).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(await by(superuser.token)).toEqual([[0, 0]]);
  });
});
