import { randomUUID } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ListWorkOrdersRequestSchema,
  ResourcesService,
} from '../../src/gen/lightning/projects/v1/resources_service_pb.ts';
import { WorkOrderState } from '../../src/gen/lightning/projects/v1/run_history_pb.ts';
import { workOrderStates } from '../../src/resources/work-order-message.ts';
import { filterBy, isWithin, passes } from '../support/filters.ts';
import { expectPages, pagesOf } from '../support/pages.ts';
import { aProject } from '../support/projects.ts';
import { refusal } from '../support/refusal.ts';
import { rows } from '../support/rows.ts';
import { startTestService, type TestService } from '../support/service.ts';
import {
  aHistory,
  anyRange,
  type History,
  ids,
  insertedWithin,
  moment,
  newestFirst,
} from './support/history.ts';

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

/** The filters of both tests below: they differ in what the order goes by. */
const filters = () =>
  fc.record({
    workflowIds: filterBy([...history.workflowIds, ...other.workflowIds, randomUUID()], 4),
    states: filterBy<string>(workOrderStates.names, 10),
    ...anyRange,
  });

const statesOf = (names: readonly string[]) =>
  workOrderStates.names.filter((name) => names.includes(name)).map(workOrderStates.value);

describe('ListWorkOrders', () => {
  it('shows all that is known of a work order, and what it lacks as unset', async () => {
    const { id: projectId } = await aProject(service);
    const [workflowId, snapshotId, triggerId, dataclipId] = [
      randomUUID(),
      randomUUID(),
      randomUUID(),
      randomUUID(),
    ];
    await rows(service, `insert into workflows (id, project_id, name) values ($1, $2, 'Sync')`, [
      workflowId,
      projectId,
    ]);
    await rows(
      service,
      `insert into workflow_snapshots (id, workflow_id, lock_version, name) values ($1, $2, 1, 'Sync')`,
      [snapshotId, workflowId],
    );
    await rows(service, `insert into dataclips (id, project_id, type) values ($1, $2, 'kafka')`, [
      dataclipId,
      projectId,
    ]);
    await rows(
      service,
      `insert into work_orders (workflow_id, snapshot_id, trigger_id, dataclip_id, state, inserted_at, last_activity,
         updated_at)
       values ($1, $2, $3, $4, 'exception', '1970-01-01 00:00:03Z', '1970-01-01 00:00:04.000005Z',
         '1970-01-01 00:00:05Z'),
         ($1, null, null, null, 'lost', '1970-01-01 00:00:01Z', default, default)`,
      [workflowId, snapshotId, triggerId, dataclipId],
    );

    const { workOrders } = await client().listWorkOrders({ projectId });

    expect(workOrders).toMatchObject([
      {
        workflowId,
        snapshotId,
        triggerId,
        dataclipId,
        state: WorkOrderState.EXCEPTION,
        insertedAt: { seconds: 3n, nanos: 0 },
        lastActivity: { seconds: 4n, nanos: 5000 },
        updatedAt: { seconds: 5n, nanos: 0 },
      },
      { workflowId, state: WorkOrderState.LOST },
    ]);
    const unset = ['snapshotId', 'triggerId', 'dataclipId'];
    expect(unset.filter((field) => Reflect.get(workOrders[1] ?? {}, field) !== undefined)).toEqual([]);
  });

  it(`pages through what passes its filters, the newest first, whatever they are (seed ${seed})`, async () => {
    await fc.assert(
      fc.asyncProperty(filters(), async ({ workflowIds, states, from, before, pageSize }) => {
        const request = {
          projectId: history.projectId,
          workflowIds,
          states: statesOf(states),
          ...insertedWithin(from, before),
          pageSize,
        };
        const pages = await pagesOf(
          (pageToken) => client().listWorkOrders({ ...request, pageToken }),
          ({ workOrders }) => ids(workOrders),
        );
        const expected = newestFirst(history.workOrders)
          .filter(({ workflowId }) => passes(workflowIds, workflowId))
          .filter(({ state }) => passes(states, state))
          .filter(({ at }) => isWithin(at, from, before));
        expectPages(pages, pageSize, ids(expected));
      }),
      { seed, numRuns: 40 },
    );
  });

  it(`shows the latest active first when their last activity is bounded (seed ${seed})`, async () => {
    const bounded = fc.record({ filters: filters(), activeFrom: fc.integer({ min: -1, max: 9 }) });
    await fc.assert(
      fc.asyncProperty(bounded, async ({ filters, activeFrom }) => {
        const { workflowIds, states, from, before, pageSize } = filters;
        const request = {
          projectId: history.projectId,
          workflowIds,
          states: statesOf(states),
          ...insertedWithin(from, before),
          lastActivityFrom: moment(activeFrom),
          lastActivityBefore: moment(activeFrom + 5),
          pageSize,
        };
        const pages = await pagesOf(
          (pageToken) => client().listWorkOrders({ ...request, pageToken }),
          ({ workOrders }) => ids(workOrders),
        );
        const passing = history.workOrders
          .filter(({ workflowId }) => passes(workflowIds, workflowId))
          .filter(({ state }) => passes(states, state))
          .filter(({ at }) => isWithin(at, from, before))
          .filter(({ activeAt }) => isWithin(activeAt, activeFrom, activeFrom + 5));
        const expected = newestFirst(passing.map(({ id, activeAt }) => ({ id, at: activeAt })));
        expectPages(pages, pageSize, ids(expected));
      }),
      { seed, numRuns: 40 },
    );
  });

  it('refuses a state that is none, a moment that is none, and a token when a filter has changed', async () => {
    const { projectId } = history;
    const { nextPageToken: pageToken } = await client().listWorkOrders({ projectId, pageSize: 1 });

    const refused: Record<string, MessageInitShape<typeof ListWorkOrdersRequestSchema>> = {
      'states[0]': { states: [WorkOrderState.UNSPECIFIED] },
      inserted_from: { insertedFrom: { seconds: 1n << 60n } },
      page_token: { pageToken, lastActivityFrom: moment(0) },
    };
    for (const [field, request] of Object.entries(refused)) {
      expect(await refusal(client().listWorkOrders({ ...request, projectId }))).toMatchObject({
        code: 'INVALID_ARGUMENT',
        fields: { [field]: expect.any(String) },
      });
    }
  });
});
