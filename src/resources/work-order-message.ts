import { create } from '@bufbuild/protobuf';
import { enumNames } from '../call/enum-names.ts';
import { toTimestamp } from '../database/timestamp.ts';
import {
  type WorkOrder,
  WorkOrderSchema,
  WorkOrderState,
} from '../gen/lightning/projects/v1/run_history_pb.ts';

export type WorkOrderStateName =
  | 'pending'
  | 'running'
  | 'success'
  | 'failed'
  | 'crashed'
  | 'cancelled'
  | 'killed'
  | 'exception'
  | 'lost'
  | 'rejected';

/** Lightning's names of a work order's states; UNSPECIFIED has none. */
export const workOrderStates = enumNames<WorkOrderStateName, WorkOrderState>({
  pending: WorkOrderState.PENDING,
  running: WorkOrderState.RUNNING,
  success: WorkOrderState.SUCCESS,
  failed: WorkOrderState.FAILED,
  crashed: WorkOrderState.CRASHED,
  cancelled: WorkOrderState.CANCELLED,
  killed: WorkOrderState.KILLED,
  exception: WorkOrderState.EXCEPTION,
  lost: WorkOrderState.LOST,
  rejected: WorkOrderState.REJECTED,
});

export interface WorkOrderRow {
  readonly id: string;
  readonly workflow_id: string;
  readonly snapshot_id: string | null;
  readonly trigger_id: string | null;
  readonly dataclip_id: string | null;
  readonly state: WorkOrderStateName;
  readonly last_activity: string;
  readonly inserted_at: string;
  readonly updated_at: string;
}

export function workOrderMessage(row: WorkOrderRow): WorkOrder {
  return create(WorkOrderSchema, {
    id: row.id,
    workflowId: row.workflow_id,
    snapshotId: row.snapshot_id ?? undefined,
    triggerId: row.trigger_id ?? undefined,
    dataclipId: row.dataclip_id ?? undefined,
    state: workOrderStates.value(row.state),
    lastActivity: toTimestamp(row.last_activity),
    insertedAt: toTimestamp(row.inserted_at),
    updatedAt: toTimestamp(row.updated_at),
  });
}
