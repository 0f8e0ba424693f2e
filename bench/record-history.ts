import { randomUUID } from 'node:crypto';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { Metadata } from '@grpc/grpc-js';
import {
  RecordHistoryRequestSchema,
  type RecordHistoryResponse,
  RecordHistoryResponseSchema,
} from '../src/gen/lightning/projects/v1/history_service_pb.ts';
import { DataclipType, RunState, WorkOrderState } from '../src/gen/lightning/projects/v1/run_history_pb.ts';
import { startChild } from './support/child.ts';
import { copyIn } from './support/copy-in.ts';
import { type BenchDatabase, openBenchDatabase } from './support/database.ts';
import { bearer, Connection, tokenEnv } from './support/grpc.ts';
import { atLeast, interleaved, median, ratio, report, timed } from './support/measure.ts';

const ROUNDS = 5;
const BATCHES = 10;
/** Of each batch. A run has two steps, three dataclips and twenty lines. */
const RUNS = 200;
const STEPS = 2;
const LINES = 20;
const BODY = JSON.stringify({
  data: Array.from({ length: 8 }, (_, n) => ({ id: n, name: `patient ${n}`, age: n })),
});

/**
 * RecordHistory, with authentication, validation, references and the audit trail, against COPY of such rows into the
 * same tables with the same keys and indexes, a transaction a batch on both sides: rows/s. Target: half of COPY.
 */
export async function recordHistoryFigure(): Promise<void> {
  await using database = await openBenchDatabase();
  const site = await aSite(database);
  await using service = await startChild(new URL('./support/service-process.ts', import.meta.url), {
    DATABASE_URL: database.url,
    ...tokenEnv,
  });
  using connection = new Connection(service.ready.grpc ?? '');
  const metadata = await bearer('engine', 'projects:admin');

  const cpu: number[] = [];
  const ms = await interleaved(ROUNDS + 1, {
    async service() {
      const messages = batchesOf(site).map((batch) =>
        Buffer.from(toBinary(RecordHistoryRequestSchema, create(RecordHistoryRequestSchema, batch))),
      );
      const before = await service.usage();
      const spent = await timed(() => stream(connection, metadata, messages));
      cpu.push((await service.usage()).cpuSeconds - before.cpuSeconds);
      return spent;
    },
    async copy() {
      const batches = batchesOf(site).map((batch) => tablesOf(batch, site));
      return await timed(async () => {
        for (const tables of batches) {
          await database.client.query('begin');
          for (const [target, lines] of tables) await copyIn(database.client, target, lines);
          await database.client.query('commit');
        }
      });
    },
  });
  const { peakRssBytes } = await service.usage();
  // The first round brought both sides to their compiled code.
  const [own, copy] = [ms.service.slice(1), ms.copy.slice(1)];
  const rows = BATCHES * ROWS;
  report(
    'record_history',
    {
      rows_per_batch: ROWS,
      rows_per_second: (rows * 1000) / median(own),
      peer_rows_per_second: (rows * 1000) / median(copy),
      cpu_us_per_row: (median(cpu.slice(1)) * 1e6) / rows,
      peak_mb: peakRssBytes / 1e6,
    },
    atLeast('of the rows/s of COPY', ratio(copy, own), 0.5),
  );
}

/** Dataclips, work order, run, steps with their run steps, lines. */
const ROWS = RUNS * (STEPS + 1 + 2 + 2 * STEPS + LINES);

interface Site {
  readonly projectId: string;
  readonly workflowId: string;
  readonly snapshotId: string;
  readonly jobId: string;
  readonly triggerId: string;
}

async function aSite({ client }: BenchDatabase): Promise<Site> {
  const [projectId, workflowId, snapshotId, jobId, triggerId] = Array.from({ length: 5 }, () => randomUUID());
  await client.query(`
    insert into projects (id, name, env) values ('${projectId}', 'bench', 'main');
    insert into workflows (id, project_id, name) values ('${workflowId}', '${projectId}', 'intake');
    insert into workflow_snapshots (id, workflow_id, lock_version, name)
      values ('${snapshotId}', '${workflowId}', 1, 'intake');
    insert into jobs (id, workflow_id, name, body, adaptor) values ('${jobId}', '${workflowId}', 'fetch', '', '');
    insert into triggers (id, workflow_id) values ('${triggerId}', '${workflowId}')`);
  return {
    projectId: projectId ?? '',
    workflowId: workflowId ?? '',
    snapshotId: snapshotId ?? '',
    jobId: jobId ?? '',
    triggerId: triggerId ?? '',
  };
}

type Batch = ReturnType<typeof batchOf> & MessageInitShape<typeof RecordHistoryRequestSchema>;

function batchesOf(site: Site): Batch[] {
  return Array.from({ length: BATCHES }, () => batchOf(site));
}

function batchOf({ projectId, workflowId, snapshotId, jobId, triggerId }: Site) {
  const runs = Array.from({ length: RUNS }, () => ({
    run: randomUUID(),
    workOrder: randomUUID(),
    steps: Array.from({ length: STEPS }, () => randomUUID()),
    dataclips: Array.from({ length: STEPS + 1 }, () => randomUUID()),
  }));
  const times = { insertedAt: time(0), startedAt: time(1), finishedAt: time(2) };
  return {
    dataclips: runs.flatMap(({ dataclips }) =>
      dataclips.map((id) => ({
        id,
        projectId,
        type: DataclipType.STEP_RESULT,
        body: BODY,
        insertedAt: times.insertedAt,
      })),
    ),
    workOrders: runs.map(({ workOrder, dataclips }) => ({
      id: workOrder,
      workflowId,
      snapshotId,
      triggerId,
      dataclipId: dataclips[0] ?? '',
      state: WorkOrderState.SUCCESS,
      lastActivity: times.finishedAt,
      insertedAt: times.insertedAt,
    })),
    runs: runs.map(({ run, workOrder, dataclips }) => ({
      id: run,
      workOrderId: workOrder,
      snapshotId,
      startingTriggerId: triggerId,
      dataclipId: dataclips[0] ?? '',
      state: RunState.SUCCESS,
      ...times,
    })),
    steps: runs.flatMap(({ steps, dataclips }) =>
      steps.map((id, index) => ({
        id,
        jobId,
        snapshotId,
        inputDataclipId: dataclips[index] ?? '',
        outputDataclipId: dataclips[index + 1] ?? '',
        exitReason: 'success',
        ...times,
      })),
    ),
    runSteps: runs.flatMap(({ run, steps }) => steps.map((stepId) => ({ runId: run, stepId }))),
    logLines: runs.flatMap(({ run, steps }) =>
      Array.from({ length: LINES }, (_, line) => ({
        id: randomUUID(),
        runId: run,
        stepId: steps[line % STEPS] ?? '',
        timestamp: time(line),
        source: 'JOB',
        level: 'info',
        message: `Fetched page ${line} of the patients that changed since the last run, and sorted them by district`,
      })),
    ),
  };
}

function time(seconds: number) {
  return { seconds: 1_790_000_000n + BigInt(seconds), nanos: 123_456_000 };
}

/** The same rows as COPY takes them, table by table. */
function tablesOf(batch: Batch, { projectId, workflowId }: Site): [target: string, lines: Buffer][] {
  const text = ({ seconds }: ReturnType<typeof time>) => `${new Date(Number(seconds) * 1000).toISOString()}`;
  const lines = (rows: readonly (readonly string[])[]) =>
    Buffer.from(
      rows.map((row) => `${row.map((value) => value.replaceAll('\\', '\\\\')).join('\t')}\n`).join(''),
    );
  return [
    [
      'dataclips (id, project_id, type, body, inserted_at)',
      lines(batch.dataclips.map((row) => [row.id, projectId, 'step_result', row.body, text(row.insertedAt)])),
    ],
    [
      'work_orders (id, project_id, workflow_id, snapshot_id, trigger_id, dataclip_id, state, last_activity, inserted_at)',
      lines(
        batch.workOrders.map((row) => [
          row.id,
          projectId,
          workflowId,
          row.snapshotId,
          row.triggerId,
          row.dataclipId,
          'success',
          text(row.lastActivity),
          text(row.insertedAt),
        ]),
      ),
    ],
    [
      `runs (id, project_id, workflow_id, work_order_id, snapshot_id, starting_trigger_id, dataclip_id, state,
             started_at, finished_at, inserted_at)`,
      lines(
        batch.runs.map((row) => [
          row.id,
          projectId,
          workflowId,
          row.workOrderId,
          row.snapshotId,
          row.startingTriggerId,
          row.dataclipId,
          'success',
          text(row.startedAt),
          text(row.finishedAt),
          text(row.insertedAt),
        ]),
      ),
    ],
    [
      `steps (id, project_id, job_id, snapshot_id, input_dataclip_id, output_dataclip_id, exit_reason, started_at,
              finished_at, inserted_at)`,
      lines(
        batch.steps.map((row) => [
          row.id,
          projectId,
          row.jobId,
          row.snapshotId,
          row.inputDataclipId,
          row.outputDataclipId,
          row.exitReason,
          text(row.startedAt),
          text(row.finishedAt),
          text(row.insertedAt),
        ]),
      ),
    ],
    ['run_steps (run_id, step_id)', lines(batch.runSteps.map((row) => [row.runId, row.stepId]))],
    [
      'log_lines (id, run_id, step_id, timestamp, source, level, message)',
      lines(
        batch.logLines.map((row) => [
          row.id,
          row.runId,
          row.stepId,
          text(row.timestamp),
          row.source,
          row.level,
          row.message,
        ]),
      ),
    ],
  ];
}

/** Sends messages that are encoded already: the figure is the service's, not its client's. */
async function stream(
  connection: Connection,
  metadata: Metadata,
  messages: readonly Buffer[],
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<RecordHistoryResponse>();
  const call = connection.makeClientStreamRequest(
    '/lightning.projects.v1.HistoryService/RecordHistory',
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => fromBinary(RecordHistoryResponseSchema, bytes),
    metadata,
    (error, answer) => (error === null && answer !== undefined ? resolve(answer) : reject(error)),
  );
  for (const message of messages) call.write(message);
  call.end();
  const [rejected] = (await promise).rejectedRecords;
  if (rejected !== undefined) throw new Error(`${rejected.field}: ${rejected.message}`);
}
