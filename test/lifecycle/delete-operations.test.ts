import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localFileStore } from '../../src/files/local-file-store.ts';
import { Role } from '../../src/gen/lightning/projects/v1/member_pb.ts';
import { OperationKind, OperationState } from '../../src/gen/lightning/projects/v1/operation_pb.ts';
import { OperationsService } from '../../src/gen/lightning/projects/v1/operations_service_pb.ts';
import { purgeWork } from '../../src/lifecycle/delete-work.ts';
import { aSite } from '../history/support/engine.ts';
import { type Operations, openOperations } from '../operations/operations-fixture.ts';
import { aProject } from '../support/projects.ts';
import { ending } from '../support/refusal.ts';
import { lockRow, waitingStatements } from '../support/rival.ts';
import { rows } from '../support/rows.ts';
import {
  aUser,
  MembersService,
  ProjectsService,
  startTestService,
  type TestService,
} from '../support/service.ts';
import { addHistory } from './support/batches.ts';
import { aChain, datesFrom } from './support/tree.ts';

const open = new AsyncDisposableStack();
let service: TestService;
beforeAll(async () => {
  service = open.use(await startTestService());
});
afterAll(() => open.disposeAsync());

const projects = (token = service.admin) => service.client(ProjectsService, token);

describe('DeleteProjectAsync', () => {
  it('answers at once with an operation that deletes the project and all below it', async () => {
    const owner = await aUser(service);
    const { projectId: parentId } = await aSite(service);
    await addHistory(service, parentId, { workOrders: 1200, lines: 2 });
    const { id: sandbox } = await aProject(service, { owner }, { parentId });
    const head = await aUser(service);
    await service
      .client(MembersService, service.admin)
      .addMembers({ projectId: parentId, members: [{ userId: head.id, role: Role.OWNER }] });

    const { operation } = await projects().deleteProjectAsync({ id: parentId, force: true });
    expect(operation).toMatchObject({ kind: OperationKind.DELETE_PROJECT, projectId: parentId });
    for (const id of [parentId, sandbox])
      expect(await ending(projects().getProject({ id }))).toBe('PROJECT_NOT_FOUND');

    const watched = [service.admin, head.token].map((token) =>
      Array.fromAsync(service.client(OperationsService, token).watchOperation({ id: operation?.id ?? '' })),
    );
    // Also to him whose role ends with the project.
    const [last, told] = (await Promise.all(watched)).map((seen) => seen.at(-1)?.operation);
    expect(told).toEqual(last);
    expect(last?.state).toBe(OperationState.SUCCEEDED);
    // Work orders, runs, steps, their pairs, dataclips and two lines each.
    expect(Number(last?.done)).toBeGreaterThanOrEqual(1200 * 7);
    expect(last?.total).toBe(last?.done);
    expect(await rows(service, 'select from projects where id = any($1)', [[parentId, sandbox]])).toEqual([]);
  });

  it('refuses what DeleteProject refuses, and leaves the project as it is', async () => {
    const [id = ''] = await aChain(service, 2);
    expect(await ending(projects().deleteProjectAsync({ id }))).toBe('HAS_SANDBOXES');
    expect(await ending(projects().deleteProjectAsync({ id, force: true, etag: '"old"' }))).toBe(
      'ETAG_MISMATCH',
    );
    expect(await ending(projects().getProject({ id }))).toBe('done');
  });

  it('answers with the operation that is under way when it is called again', async () => {
    await using idle = await startTestService({ ROLES: 'rpc' });
    const owner = await aUser(idle);
    const { id } = await aProject(idle, { owner });
    const own = idle.client(ProjectsService, owner.token);
    const [first, again] = [await own.deleteProjectAsync({ id }), await own.deleteProjectAsync({ id })];
    expect(again.operation?.id).toBe(first.operation?.id);
  });

  it('waits for the batch in hand when it is called again, without holding up the next one', async () => {
    await using idle = await startTestService({ ROLES: 'rpc' });
    const { id } = await aProject(idle);
    const again = () => idle.client(ProjectsService, idle.admin).deleteProjectAsync({ id });
    const { operation } = await again();
    // A batch holds the operation, and then the project.
    await using batch = await lockRow(idle, 'operations where id = $1', operation?.id ?? '');
    const answer = again();
    await expect.poll(() => waitingStatements(idle)).toBe(1);
    await rows(idle, 'select from projects where id = $1 for update nowait', [id]);
    await batch.leave();
    expect((await answer).operation?.id).toBe(operation?.id);
  });
});

describe('A purge', () => {
  let operations: Operations;
  beforeAll(async () => {
    operations = open.use(await openOperations());
    operations.work(purgeWork(localFileStore('/nowhere', false)));
  });

  const scheduled = async () => {
    const chain = await aChain(operations.service, 2);
    await operations.service
      .client(ProjectsService, operations.service.admin)
      .scheduleProjectDeletion({ id: chain[0] ?? '' });
    return chain;
  };

  async function endOf(projectId: string): Promise<string> {
    const [started] = await operations.start([projectId], { kind: 'purge_project' });
    let state = '';
    await expect
      .poll(async () => {
        const found = await rows<{ state: string }>(
          operations.service,
          `select state from operations where id = $1`,
          [started?.id],
        );
        state = found[0]?.state ?? '';
        return state;
      })
      .toMatch(/succeeded|failed|cancelled/);
    return state;
  }

  it('deletes a project whose date has come, with all below it', async () => {
    const chain = await scheduled();
    expect(await endOf(chain[0] ?? '')).toBe('succeeded');
    expect(await rows(operations.service, 'select from projects where id = any($1)', [chain])).toEqual([]);
  });

  it.each([
    ['was taken back', 'scheduled_deletion = null, scheduled_deletion_root_id = null'],
    ['is put off', "scheduled_deletion = now() + interval '1 hour'"],
  ])('leaves a project alone whose deletion %s', async (_, change) => {
    const chain = await scheduled();
    const dates = await datesFrom(operations.service, chain);
    await rows(operations.service, `update projects set ${change} where id = $1`, [chain[0]]);
    expect(await endOf(chain[0] ?? '')).toBe('cancelled');
    const left = await rows(
      operations.service,
      'select from projects where id = any($1) and deletion_started_at is null',
      [chain],
    );
    expect(left).toHaveLength(dates.length);
  });

  it('goes on with a deletion that has begun, whatever became of its date', async () => {
    const chain = await scheduled();
    await rows(
      operations.service,
      `update projects set scheduled_deletion = null, scheduled_deletion_root_id = null, deletion_started_at = now()
       where id = any($1)`,
      [chain],
    );
    expect(await endOf(chain[0] ?? '')).toBe('succeeded');
    expect(await rows(operations.service, 'select from projects where id = any($1)', [chain])).toEqual([]);
  });

  it('has nothing to do for a project that is gone', async () => {
    const chain = await scheduled();
    await operations.service
      .client(ProjectsService, operations.service.admin)
      .deleteProject({ id: chain[0] ?? '', force: true });
    expect(await endOf(chain[0] ?? '')).toBe('succeeded');
  });
});
