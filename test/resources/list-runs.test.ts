import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ResourcesService } from '../../src/gen/lightning/projects/v1/resources_service_pb.ts';
import { RunPriority, RunState } from '../../src/gen/lightning/projects/v1/run_history_pb.ts';
import { runStates } from '../../src/resources/run-message.ts';
import { filterBy, isWithin, passes } from '../support/filters.ts';
import { expectPages, pagesOf } from '../support/pages.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { aHistory, anyRange, type History, ids, insertedWithin, newestFirst } from './support/history.ts';

const seed = Date.now();
let service: TestService;
let history: History;
let other: History;
beforeAll(async () => {
  service = await startTestService();
  history = await aHistory(service, seed);
  other = await aHistory(service, seed + 1);
});
afterAll(() => service.close());

const client = () => service.client(ResourcesService, service.admin);

/** A project with one run, of a workflow and a snapshot of its own; the rest of its columns as given. */
async function aRun(
  assignments: string,
): Promise<{ projectId: string; id: string; workOrderId: string; snapshotId: string }> {
  const { id: projectId } = await aProject(service);
  const [workflowId, snapshotId, workOrderId, id] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  await rows(service, `insert into workflows (id, project_id, name) values ($1, $2, 'Sync')`, [
    workflowId,
    projectId,
  ]);
  await rows(
    service,
    `insert into workflow_snapshots (id, workflow_id, lock_version, name) values ($1, $2, 1, 'Sync')`,
    [snapshotId, workflowId],
  );
  await rows(service, 'insert into work_orders (id, workflow_id) values ($1, $2)', [workOrderId, workflowId]);
  await rows(service, 'insert into runs (id, work_order_id, snapshot_id) values ($1, $2, $3)', [
    id,
    workOrderId,
    snapshotId,
  ]);
  await rows(service, `update runs set ${assignments}`.concat(' where id = $1'), [id]);
  return { projectId, id, workOrderId, snapshotId };
}

describe('ListRuns', () => {
  it('shows all that is known of a run', async () => {
    const jobId = randomUUID();
    const { projectId, ...run } = await aRun(
      `state = 'crashed', priority = 0, starting_job_id = '${jobId}', started_at = '1970-01-01 00:00:01.000001Z',
       finished_at = '1970-01-01 00:00:02Z', inserted_at = '1970-01-01 00:00:00.5Z'`,
    );

    const { runs } = await client().listRuns({ projectId: projectId.toUpperCase() });

    expect(runs).toMatchObject([
      {
        ...run,
        state: RunState.CRASHED,
        priority: RunPriority.IMMEDIATE,
        startingJobId: jobId,
        startedAt: { seconds: 1n, nanos: 1000 },
        finishedAt: { seconds: 2n, nanos: 0 },
        insertedAt: { seconds: 0n, nanos: 500_000_000 },
      },
    ]);
    expect(runs[0]?.startingTriggerId).toBeUndefined();
  });

  it('shows what a run lacks as unset', async () => {
    const { projectId } = await aRun('snapshot_id = null');

    const { runs } = await client().listRuns({ projectId });

    expect(runs).toMatchObject([{ state: RunState.AVAILABLE, priority: RunPriority.NORMAL }]);
    const unset = [
      'snapshotId',
      'startingJobId',
      'startingTriggerId',
      'dataclipId',
      'startedAt',
      'finishedAt',
    ];
    expect(unset.filter((field) => Reflect.get(runs[0] ?? {}, field) !== undefined)).toEqual([]);
  });

  it(`pages through what passes its filters, the newest first, whatever they are (seed ${seed})`, async () => {
    const foreign = [...other.workflowIds, randomUUID()];
    const filters = fc.record({
      workflowIds: filterBy([...history.workflowIds, ...foreign], 4),
      workOrderIds: filterBy(ids([...history.workOrders, ...other.workOrders]), 60),
      states: filterBy<string>(runStates.names, 10),
      ...anyRange,
    });
    await fc.assert(
      fc.asyncProperty(filters, async ({ workflowIds, workOrderIds, states, from, before, pageSize }) => {
        const request = {
          projectId: history.projectId,
          workflowIds: workflowIds.map((id) => id.toUpperCase()),
          workOrderIds,
          states: runStates.names.filter((name) => states.includes(name)).map(runStates.value),
          ...insertedWithin(from, before),
          pageSize,
        };
        const pages = await pagesOf(
          (pageToken) => client().listRuns({ ...request, pageToken }),
          ({ runs }) => ids(runs),
        );
        const expected = newestFirst(history.runs)
          .filter(({ workflowId }) => passes(workflowIds, workflowId))
          .filter(({ workOrderId }) => passes(workOrderIds, workOrderId))
          .filter(({ state }) => passes(states, state))
          .filter(({ at }) => isWithin(at, from, before));
        expectPages(pages, pageSize, ids(expected));
      }),
      { seed, numRuns: 40 },
    );
  });

  it('refuses a state that is none, and a token when a filter has changed', async () => {
    const { projectId } = history;
    const { nextPageToken: pageToken } = await client().listRuns({ projectId, pageSize: 1 });

    expect(
      await refusal(client().listRuns({ projectId, states: [RunState.LOST, RunState.UNSPECIFIED] })),
    ).toMatchObject({ code: 'INVALID_ARGUMENT', fields: { 'states[1]': expect.any(String) } });
    expect(await refusal(client().listRuns({ projectId, pageToken, states: [RunState.LOST] }))).toMatchObject(
      {
        code: 'INVALID_ARGUMENT',
        fields: { page_token: expect.any(String) },
      },
    );
  });
});
