import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MaintenanceService } from '../../src/gen/lightning/projects/v1/maintenance_service_pb.ts';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { type Operation, OperationState } from '../../src/gen/lightning/projects/v1/operation_pb.ts';
import { OperationsService } from '../../src/gen/lightning/projects/v1/operations_service_pb.ts';
import { aRun, aSite, record } from '../history/support/engine.ts';
import { endedOperation } from '../support/ended-operation.ts';
import { ending } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  MembersService,
  ProjectsService,
  startTestService,
  type TestService,
} from '../support/service.ts';
import { addHistory } from './support/batches.ts';

let service: TestService;
beforeAll(async () => {
  // Without PURGE_DELETED_AFTER_DAYS what is scheduled is due at once, and only those who ask purge it.
  service = await startTestService();
});
afterAll(() => service.close());

const projects = () => service.client(ProjectsService, service.admin);
const maintenance = () => service.client(MaintenanceService, service.admin);

/** A project with some history whose date has come. */
async function aDueProject(): Promise<string> {
  const { projectId: id } = await aSite(service);
  await addHistory(service, id, { workOrders: 30, lines: 2 });
  await projects().scheduleProjectDeletion({ id });
  return id;
}

const ended = (id: string) => endedOperation(service, id);

async function workOrders(projectId: string): Promise<number> {
  return (await rows(service, 'select from work_orders where project_id = $1', [projectId])).length;
}

async function isThere(projectId: string): Promise<boolean> {
  return (await rows(service, 'select from projects where id = $1', [projectId])).length > 0;
}

describe('A purge', () => {
  it('that races with the cancellation of the deletion takes a project whole, or leaves it whole', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 8; count += 1) ids.push(await aDueProject());
    const [{ operations }, ...cancelled] = await Promise.all([
      maintenance().purgeDeletedProjects({}),
      ...ids.map((id) => ending(projects().cancelProjectDeletion({ id }))),
    ]);
    for (const { id } of operations) {
      expect([OperationState.SUCCEEDED, OperationState.CANCELLED]).toContain((await ended(id)).state);
    }
    for (const [index, id] of ids.entries()) {
      if (cancelled[index] === 'done') {
        expect(await workOrders(id)).toBe(30);
        expect((await projects().getProject({ id })).project?.scheduledDeletion).toBeUndefined();
      } else {
        expect(cancelled[index]).toBe('PROJECT_NOT_FOUND');
        expect(await isThere(id)).toBe(false);
      }
    }
  });

  it('beside a deletion and a clean-up of the same project ends with all of it gone, told once', async () => {
    const id = await aDueProject();
    await rows(service, 'update projects set history_retention_period = 7 where id = $1', [id]);
    await rows(service, `update work_orders set last_activity = '2025-01-01' where project_id = $1`, [id]);
    const [retention, purge] = [
      await maintenance().enforceRetention({ projectId: id }),
      await maintenance().purgeDeletedProjects({}),
    ];
    const deleted = ending(projects().deleteProject({ id }));
    for (const operation of [...retention.operations, ...purge.operations]) {
      expect([OperationState.SUCCEEDED, OperationState.CANCELLED]).toContain(
        (await ended(operation.id)).state,
      );
    }
    expect(['done', 'PROJECT_NOT_FOUND']).toContain(await deleted);
    expect(await isThere(id)).toBe(false);
    expect(
      await rows(service, `select kind from events where project_id = $1 and kind = 'project_deleted'`, [id]),
    ).toHaveLength(1);
  });
});

describe('While the worker of another process deletes a project', () => {
  it('who belonged to it sees the end, and history that comes meanwhile goes with it or is refused', async () => {
    await using idle = await startTestService({ ROLES: 'rpc' });
    const site = await aSite(idle);
    const owner = await aUser(idle);
    await idle
      .client(MembersService, idle.admin)
      .addMembers({ projectId: site.projectId, members: [{ userId: owner.id, role: Role.OWNER }] });
    await addHistory(idle, site.projectId, { workOrders: 600, lines: 2 });
    const { operation } = await idle
      .client(ProjectsService, idle.admin)
      .deleteProjectAsync({ id: site.projectId });

    const watching = idle
      .client(OperationsService, owner.token)
      .watchOperation({ id: operation?.id ?? '' })
      [Symbol.asyncIterator]();
    expect((await watching.next()).value?.operation?.state).toBe(OperationState.PENDING);
    const recorded = Array.from({ length: 20 }, () => record(idle, [aRun(site).batch]));
    await using _worker = await startTestService({ ROLES: 'worker', DATABASE_URL: idle.databaseUrl });
    await Promise.all(recorded);
    let last: Operation | undefined;
    for (let next = await watching.next(); next.done !== true; next = await watching.next())
      last = next.value.operation;

    expect(last?.state).toBe(OperationState.SUCCEEDED);
    const left = await rows(
      idle,
      `select id from projects where id = $1 union all select id from work_orders where project_id = $1
       union all select id from steps where project_id = $1 union all select id from dataclips where project_id = $1`,
      [site.projectId],
    );
    expect(left).toEqual([]);
  });
});

describe('A project that cannot be deleted', () => {
  it('fails visibly with the third attempt, alone, and is purged once the cause is gone', async () => {
    const poisoned = await aDueProject();
    const others = [await aDueProject(), await aDueProject(), await aDueProject()];
    await rows(service, 'create table poison (work_order_id uuid references work_orders)');
    await rows(
      service,
      'insert into poison (work_order_id) select id from work_orders where project_id = $1 limit 1',
      [poisoned],
    );

    const { operations } = await maintenance().purgeDeletedProjects({});
    const byProject = new Map(operations.map(({ projectId, id }) => [projectId, id]));
    for (const id of others) {
      expect(await ended(byProject.get(id) ?? '')).toMatchObject({ state: OperationState.SUCCEEDED });
      expect(await isThere(id)).toBe(false);
    }
    const failed = await ended(byProject.get(poisoned) ?? '');
    expect(failed).toMatchObject({ state: OperationState.FAILED, attempt: 3, maxAttempts: 3 });
    expect(failed.error).toMatchObject({ code: Code.Internal, reason: 'INTERNAL' });
    expect(await workOrders(poisoned)).toBe(30);
    expect(await ending(projects().getProject({ id: poisoned }))).toBe('PROJECT_NOT_FOUND');

    await rows(service, 'drop table poison');
    const again = await maintenance().purgeDeletedProjects({});
    expect(again.operations.map(({ projectId }) => projectId)).toEqual([poisoned]);
    expect(await ended(again.operations[0]?.id ?? '')).toMatchObject({ state: OperationState.SUCCEEDED });
    expect(await isThere(poisoned)).toBe(false);
  });
});
