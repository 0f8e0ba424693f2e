import { create } from '@bufbuild/protobuf';
import { toOptionalTimestamp, toTimestamp } from '../database/timestamp.ts';
import { type Step, StepSchema } from '../gen/lightning/projects/v1/run_history_pb.ts';

export interface StepRow {
  readonly id: string;
  readonly job_id: string;
  readonly snapshot_id: string | null;
  readonly input_dataclip_id: string | null;
  readonly output_dataclip_id: string | null;
  readonly exit_reason: string | null;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly inserted_at: string;
}

export function stepMessage(row: StepRow): Step {
  return create(StepSchema, {
    id: row.id,
    jobId: row.job_id,
    snapshotId: row.snapshot_id ?? undefined,
    inputDataclipId: row.input_dataclip_id ?? undefined,
    outputDataclipId: row.output_dataclip_id ?? undefined,
    exitReason: row.exit_reason ?? undefined,
    startedAt: toOptionalTimestamp(row.started_at),
    finishedAt: toOptionalTimestamp(row.finished_at),
    insertedAt: toTimestamp(row.inserted_at),
  });
}
