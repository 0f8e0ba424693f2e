import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RecordHistoryResponse } from '../../src/gen/lightning/projects/v1/history_service_pb.ts';
import {
  DataclipType,
  RunState,
  WorkOrderState,
} from '../../src/gen/lightning/projects/v1/run_history_pb.ts';
import { rows } from '../support/rows.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { aRun, aSite, moment, none, record, type Site, type TestBatch } from './support/engine.ts';

let service: TestService;
let site: Site;
/** Another project, with history of its own. */
let other: Site;
let stored: ReturnType<typeof aRun>;
let foreign: ReturnType<typeof aRun>;
beforeAll(async () => {
  service = await startTestService();
  [site, other] = [await aSite(service), await aSite(service)];
  [stored, foreign] = [aRun(site), aRun(other)];
  await record(service, [stored.batch, foreign.batch]);
});
afterAll(() => service.close());

const told = ({ rejectedRecords }: RecordHistoryResponse) =>
  rejectedRecords.map(({ batch, field, reason }) => `${batch} ${field} ${reason}`);

async function reasons(batch: TestBatch): Promise<string[]> {
  return (await record(service, [batch])).rejectedRecords.map(({ reason }) => reason);
}

const workOrder = (fields: object) => ({
  workOrders: [{ id: randomUUID(), workflowId: site.workflowId, state: WorkOrderState.PENDING, ...fields }],
});
const run = (fields: object) => ({
  runs: [{ id: randomUUID(), workOrderId: stored.ids.workOrder, state: RunState.AVAILABLE, ...fields }],
});
const step = (fields: object) => ({ steps: [{ id: randomUUID(), jobId: site.jobId, ...fields }] });
const line = (fields: object) => ({
  logLines: [{ id: randomUUID(), runId: stored.ids.run, timestamp: moment(0), message: 'x', ...fields }],
});
const dataclip = (fields: object) => ({
  dataclips: [{ id: randomUUID(), projectId: site.projectId, type: DataclipType.GLOBAL, ...fields }],
});
const runStep = (fields: object) => ({
  runSteps: [{ runId: stored.ids.run, stepId: stored.ids.step, ...fields }],
});

describe('RecordHistory leaves a record out', () => {
  const unknown = randomUUID();
  const cases: readonly (readonly [string, () => TestBatch, string])[] = [
    ['a dataclip of no project', () => dataclip({ projectId: unknown }), 'PROJECT_NOT_FOUND'],
    ['a work order of no workflow', () => workOrder({ workflowId: unknown }), 'WORKFLOW_NOT_FOUND'],
    ['a work order of no snapshot', () => workOrder({ snapshotId: unknown }), 'SNAPSHOT_NOT_FOUND'],
    [
      "a work order of another one's snapshot",
      () => workOrder({ snapshotId: other.snapshotId }),
      'SNAPSHOT_NOT_FOUND',
    ],
    [
      "a work order of another one's trigger",
      () => workOrder({ triggerId: other.triggerId }),
      'TRIGGER_NOT_FOUND',
    ],
    [
      "a work order with another one's dataclip",
      () => workOrder({ dataclipId: foreign.ids.input }),
      'DATACLIP_NOT_FOUND',
    ],
    ['a run of no work order', () => run({ workOrderId: unknown }), 'WORK_ORDER_NOT_FOUND'],
    ["a run of another one's snapshot", () => run({ snapshotId: other.snapshotId }), 'SNAPSHOT_NOT_FOUND'],
    ["a run that starts with another one's job", () => run({ startingJobId: other.jobId }), 'JOB_NOT_FOUND'],
    [
      "a run that starts with another one's trigger",
      () => run({ startingTriggerId: other.triggerId }),
      'TRIGGER_NOT_FOUND',
    ],
    ["a run with another one's dataclip", () => run({ dataclipId: foreign.ids.input }), 'DATACLIP_NOT_FOUND'],
    [
      'a step whose job and snapshot differ',
      () => step({ snapshotId: other.snapshotId }),
      'SNAPSHOT_NOT_FOUND',
    ],
    [
      "a step with another one's input",
      () => step({ inputDataclipId: foreign.ids.input }),
      'DATACLIP_NOT_FOUND',
    ],
    [
      "a step with another one's output",
      () => step({ outputDataclipId: foreign.ids.input }),
      'DATACLIP_NOT_FOUND',
    ],
    [
      'a step with dataclips of two projects',
      () => step({ jobId: unknown, inputDataclipId: stored.ids.input, outputDataclipId: foreign.ids.input }),
      'DATACLIP_NOT_FOUND',
    ],
    ['a run step of no run', () => runStep({ runId: unknown }), 'RUN_NOT_FOUND'],
    ["a run step with another one's step", () => runStep({ stepId: foreign.ids.step }), 'STEP_NOT_FOUND'],
    ['a line of no run', () => line({ runId: unknown }), 'RUN_NOT_FOUND'],
    ["a line of another one's step", () => line({ stepId: foreign.ids.step }), 'STEP_NOT_FOUND'],
    ['a dataclip with the id of another project', () => dataclip({ id: foreign.ids.input }), 'ID_TAKEN'],
    [
      'a work order with the id of another workflow',
      () => workOrder({ id: foreign.ids.workOrder }),
      'ID_TAKEN',
    ],
    ['a run with the id of another work order', () => run({ id: foreign.ids.run }), 'ID_TAKEN'],
    ['a step with the id of another job', () => step({ id: foreign.ids.step }), 'ID_TAKEN'],
    ['a line with the id of another run', () => line({ id: foreign.ids.line }), 'ID_TAKEN'],
    ['a name with U+0000', () => dataclip({ name: 'a\0b' }), 'VALIDATION_FAILED'],
    ['a line with U+0000', () => line({ message: 'a\0b' }), 'VALIDATION_FAILED'],
    ['an id that is none', () => run({ id: 'x'.repeat(5000) }), 'VALIDATION_FAILED'],
    ['no state', () => run({ state: RunState.UNSPECIFIED }), 'VALIDATION_FAILED'],
    ['a state that nobody knows', () => run({ state: 99 }), 'VALIDATION_FAILED'],
    [
      'a moment that no Timestamp can name',
      () => line({ timestamp: { seconds: 1n << 60n } }),
      'VALIDATION_FAILED',
    ],
    ['a body that is not JSON', () => dataclip({ body: '{' }), 'BAD_JSON'],
    ['a body with U+0000', () => dataclip({ body: '"\\u0000"' }), 'BAD_JSON'],
    ['a request with half a surrogate pair', () => dataclip({ request: '{"\\ud800": 1}' }), 'BAD_JSON'],
    ['a body too deep', () => dataclip({ body: '['.repeat(100_000) + ']'.repeat(100_000) }), 'BAD_JSON'],
    ['a body with a number too long', () => dataclip({ body: '[1e-400000]' }), 'BAD_JSON'],
  ];
  it.each(cases)('%s', async (_, batch, reason) => {
    expect(await reasons(batch())).toEqual([reason]);
  });

  it('of a project that is scheduled for deletion, or being deleted', async () => {
    for (const [column, reason] of [
      ['scheduled_deletion', 'PROJECT_PENDING_DELETION'],
      ['deletion_started_at', 'PROJECT_NOT_FOUND'],
    ]) {
      const own = await aSite(service);
      const { batch } = aRun(own);
      await rows(service, `update projects set ${column} = now() where id = $1`, [own.projectId]);
      const { dataclips, workOrders } = await record(service, [batch]);
      expect([dataclips?.rejected, workOrders?.rejected]).toEqual([2n, 1n]);
      expect(await reasons({ dataclips: batch.dataclips })).toEqual([reason, reason]);
    }
  });

  it('and stores the others around it, and nothing that refers to it', async () => {
    const { ids, batch } = aRun(site);
    const workOrders = [{ ...batch.workOrders[0], dataclipId: randomUUID() }, ...workOrder({}).workOrders];
    const answer = await record(service, [{}, { ...batch, workOrders }]);
    expect(told(answer)).toEqual([
      '1 work_orders[0] DATACLIP_NOT_FOUND',
      '1 runs[0] WORK_ORDER_NOT_FOUND',
      '1 run_steps[0] RUN_NOT_FOUND',
      '1 log_lines[0] RUN_NOT_FOUND',
    ]);
    expect(answer.workOrders).toMatchObject({ ...none, inserted: 1n, rejected: 1n });
    expect(answer.rejectedRecords.map(({ id }) => id)).toEqual([ids.workOrder, ids.run, ids.step, ids.line]);
  });

  it('and counts all but names the first hundred, in the order received', async () => {
    const logLines = Array.from({ length: 80 }, (_, index) => {
      const [message, runId] = [index % 2 === 0 ? '\0' : '', randomUUID()];
      return { id: randomUUID(), runId, timestamp: moment(0), message };
    });
    const answer = await record(service, [{ logLines }, { logLines }]);
    expect(answer.logLines).toMatchObject({ ...none, rejected: 160n });
    const expected = Array.from({ length: 100 }, (_, index) => {
      const reason = index % 2 === 0 ? 'VALIDATION_FAILED' : 'RUN_NOT_FOUND';
      return `${Math.floor(index / 80)} log_lines[${index % 80}] ${reason}`;
    });
    expect(told(answer)).toEqual(expected);
  });

  it('and writes nothing down when there is nothing else', async () => {
    const requestId = randomUUID();
    await record(service, [run({ workOrderId: randomUUID() })], { headers: { 'x-request-id': requestId } });
    expect(await rows(service, 'select from audit_events where request_id = $1', [requestId])).toEqual([]);
  });
});
