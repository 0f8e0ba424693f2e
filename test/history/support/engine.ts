import { randomUUID } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { CallOptions } from '@connectrpc/connect';
import {
  HistoryService,
  type RecordHistoryRequestSchema,
  type RecordHistoryResponse,
} from '../../../src/gen/lightning/projects/v1/history_service_pb.ts';
import {
  DataclipType,
  RunState,
  WorkOrderState,
} from '../../../src/gen/lightning/projects/v1/run_history_pb.ts';
import { aProject } from '../../support/projects.ts';
import { rows } from '../../support/rows.ts';
import type { TestService } from '../../support/service.ts';

export type TestBatch = MessageInitShape<typeof RecordHistoryRequestSchema>;

/** Sends batches as the workflow engine does. */
export function record(
  service: Pick<TestService, 'client' | 'admin'>,
  batches: readonly TestBatch[],
  options: CallOptions = {},
): Promise<RecordHistoryResponse> {
  return service.client(HistoryService, service.admin).recordHistory(inTurn(batches), options);
}

async function* inTurn<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values;
}

/** A project with what its history refers to. */
export interface Site {
  readonly projectId: string;
  readonly workflowId: string;
  readonly snapshotId: string;
  readonly jobId: string;
  readonly triggerId: string;
}

export async function aSite(service: TestService): Promise<Site> {
  const { id: projectId } = await aProject(service);
  const [site] = await rows<Omit<Site, 'projectId'>>(
    service,
    `with w as (insert into workflows (project_id, name) values ($1, 'intake') returning id),
       j as (insert into jobs (workflow_id, name, body, adaptor) select id, 'fetch', '', '' from w returning id),
       t as (insert into triggers (workflow_id) select id from w returning id),
       s as (insert into workflow_snapshots (workflow_id, lock_version, name) select id, 1, 'intake' from w
             returning id)
     select w.id as "workflowId", j.id as "jobId", t.id as "triggerId", s.id as "snapshotId" from w, j, t, s`,
    [projectId],
  );
  if (site === undefined) throw new Error('the site was not made');
  return { projectId, ...site };
}

/** A work order of the site, with one of everything below it. */
export function aRun({ projectId, workflowId, snapshotId, jobId, triggerId }: Site) {
  const [input, output, workOrder, run, step, line] = Array.from({ length: 6 }, () => randomUUID());
  const ids = {
    input: input ?? '',
    output: output ?? '',
    workOrder: workOrder ?? '',
    run: run ?? '',
    step: step ?? '',
    line: line ?? '',
  };
  const [insertedAt, startedAt, finishedAt] = [moment(0), moment(1), moment(2)];
  const batch = {
    dataclips: [
      {
        id: ids.input,
        projectId,
        type: DataclipType.HTTP_REQUEST,
        body: '{"n": 1}',
        request: '{}',
        insertedAt,
      },
      { id: ids.output, projectId, type: DataclipType.STEP_RESULT, body: '[2]', insertedAt },
    ],
    workOrders: [
      {
        id: ids.workOrder,
        workflowId,
        snapshotId,
        triggerId,
        dataclipId: ids.input,
        state: WorkOrderState.SUCCESS,
        lastActivity: finishedAt,
        insertedAt,
      },
    ],
    runs: [
      {
        id: ids.run,
        workOrderId: ids.workOrder,
        snapshotId,
        startingTriggerId: triggerId,
        dataclipId: ids.input,
        state: RunState.SUCCESS,
        startedAt,
        finishedAt,
        insertedAt,
      },
    ],
    steps: [
      {
        id: ids.step,
        jobId,
        snapshotId,
        inputDataclipId: ids.input,
        outputDataclipId: ids.output,
        exitReason: 'success',
        startedAt,
        finishedAt,
        insertedAt,
      },
    ],
    runSteps: [{ runId: ids.run, stepId: ids.step, insertedAt }],
    logLines: [
      {
        id: ids.line,
        runId: ids.run,
        stepId: ids.step,
        timestamp: startedAt,
        source: 'JOB',
        level: 'info',
        message: 'hi',
      },
    ],
  };
  return { ids, batch };
}

/** Some seconds after a moment in the past. */
export function moment(seconds: number) {
  return { seconds: 1_750_000_000n + BigInt(seconds), nanos: 123_456_000 };
}

/** The counts that say nothing, for tests to say the others. */
export const none = { inserted: 0n, updated: 0n, unchanged: 0n, rejected: 0n };
