import { create } from '@bufbuild/protobuf';
import { enumNames } from '../call/enum-names.ts';
import { toOptionalTimestamp, toTimestamp } from '../database/timestamp.ts';
import { type Run, RunPriority, RunSchema, RunState } from '../gen/lightning/projects/v1/run_history_pb.ts';

export type RunStateName =
  | 'available'
  | 'claimed'
  | 'started'
  | 'success'
  | 'failed'
  | 'crashed'
  | 'cancelled'
  | 'killed'
  | 'exception'
  | 'lost';

/** Lightning's names of a run's states; UNSPECIFIED has none. */
export const runStates = enumNames<RunStateName, RunState>({
  available: RunState.AVAILABLE,
  claimed: RunState.CLAIMED,
  started: RunState.STARTED,
  success: RunState.SUCCESS,
  failed: RunState.FAILED,
  crashed: RunState.CRASHED,
  cancelled: RunState.CANCELLED,
  killed: RunState.KILLED,
  exception: RunState.EXCEPTION,
  lost: RunState.LOST,
});

export interface RunRow {
  readonly id: string;
  readonly work_order_id: string;
  readonly snapshot_id: string | null;
  readonly starting_job_id: string | null;
  readonly starting_trigger_id: string | null;
  readonly dataclip_id: string | null;
  readonly state: RunStateName;
  /** 0 at once, 1 in turn. */
  readonly priority: number;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly inserted_at: string;
}

export function runMessage(row: RunRow): Run {
  return create(RunSchema, {
    id: row.id,
    workOrderId: row.work_order_id,
    snapshotId: row.snapshot_id ?? undefined,
    startingJobId: row.starting_job_id ?? undefined,
    startingTriggerId: row.starting_trigger_id ?? undefined,
    dataclipId: row.dataclip_id ?? undefined,
    state: runStates.value(row.state),
    priority: row.priority === 0 ? RunPriority.IMMEDIATE : RunPriority.NORMAL,
    startedAt: toOptionalTimestamp(row.started_at),
    finishedAt: toOptionalTimestamp(row.finished_at),
    insertedAt: toTimestamp(row.inserted_at),
  });
}
