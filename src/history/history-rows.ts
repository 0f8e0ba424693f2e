import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { fromTimestamp } from '../database/timestamp.ts';
import type { DataclipRecord, LogLine } from '../gen/lightning/projects/v1/history_service_pb.ts';
import {
  type Run,
  RunPriority,
  type RunStep,
  type Step,
  type WorkOrder,
} from '../gen/lightning/projects/v1/run_history_pb.ts';
import { dataclipTypes } from '../resources/dataclip-message.ts';
import { runStates } from '../resources/run-message.ts';
import { workOrderStates } from '../resources/work-order-message.ts';

/**
 * Records as their tables hold them, ids in lower case; null is what the record does not say. The kinds are the tables'
 * names and the fields' in a batch, in the order in which they are stored.
 */
export interface HistoryRows {
  readonly dataclips: ReturnType<typeof dataclipRow>;
  readonly work_orders: ReturnType<typeof workOrderRow>;
  readonly runs: ReturnType<typeof runRow>;
  readonly steps: ReturnType<typeof stepRow>;
  readonly run_steps: ReturnType<typeof runStepRow>;
  readonly log_lines: ReturnType<typeof logLineRow>;
}

export type HistoryKind = keyof HistoryRows;

export const historyKinds = [
  'dataclips',
  'work_orders',
  'runs',
  'steps',
  'run_steps',
  'log_lines',
] as const satisfies readonly HistoryKind[];

export function dataclipRow(record: DataclipRecord) {
  return {
    id: record.id.toLowerCase(),
    project_id: record.projectId.toLowerCase(),
    name: record.name ?? null,
    type: named(dataclipTypes.name(record.type)),
    body: record.body ?? null,
    request: record.request ?? null,
    inserted_at: moment(record.insertedAt),
  };
}

export function workOrderRow(record: WorkOrder) {
  return {
    id: record.id.toLowerCase(),
    workflow_id: record.workflowId.toLowerCase(),
    snapshot_id: optionalId(record.snapshotId),
    trigger_id: optionalId(record.triggerId),
    dataclip_id: optionalId(record.dataclipId),
    state: named(workOrderStates.name(record.state)),
    last_activity: moment(record.lastActivity),
    inserted_at: moment(record.insertedAt),
  };
}

export function runRow(record: Run) {
  return {
    id: record.id.toLowerCase(),
    work_order_id: record.workOrderId.toLowerCase(),
    snapshot_id: optionalId(record.snapshotId),
    starting_job_id: optionalId(record.startingJobId),
    starting_trigger_id: optionalId(record.startingTriggerId),
    dataclip_id: optionalId(record.dataclipId),
    state: named(runStates.name(record.state)),
    priority: priority(record.priority),
    started_at: moment(record.startedAt),
    finished_at: moment(record.finishedAt),
    inserted_at: moment(record.insertedAt),
  };
}

export function stepRow(record: Step) {
  return {
    id: record.id.toLowerCase(),
    job_id: record.jobId.toLowerCase(),
    snapshot_id: optionalId(record.snapshotId),
    input_dataclip_id: optionalId(record.inputDataclipId),
    output_dataclip_id: optionalId(record.outputDataclipId),
    exit_reason: textOrNull(record.exitReason),
    started_at: moment(record.startedAt),
    finished_at: moment(record.finishedAt),
    inserted_at: moment(record.insertedAt),
  };
}

export function runStepRow(record: RunStep) {
  return {
    run_id: record.runId.toLowerCase(),
    step_id: record.stepId.toLowerCase(),
    inserted_at: moment(record.insertedAt),
  };
}

export function logLineRow(record: LogLine) {
  return {
    id: record.id.toLowerCase(),
    run_id: record.runId.toLowerCase(),
    step_id: optionalId(record.stepId),
    timestamp: moment(record.timestamp),
    source: textOrNull(record.source),
    level: textOrNull(record.level),
    message: record.message,
  };
}

function optionalId(id: string | undefined): string | null {
  return id?.toLowerCase() ?? null;
}

function textOrNull(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}

function moment(timestamp: Timestamp | undefined): string | null {
  return timestamp === undefined ? null : fromTimestamp(timestamp);
}

function priority(value: RunPriority): number | null {
  if (value === RunPriority.UNSPECIFIED) return null;
  return value === RunPriority.IMMEDIATE ? 0 : 1;
}

/** Throws for UNSPECIFIED, which the fields' rules have refused. */
function named<Name>(name: Name | undefined): Name {
  if (name === undefined) throw new Error('a record without its state or type passed the rules');
  return name;
}
