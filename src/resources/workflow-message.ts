import { create } from '@bufbuild/protobuf';
import { toTimestamp } from '../database/timestamp.ts';
import type { Positions } from '../entities/json.ts';
import { type Workflow, WorkflowSchema } from '../gen/lightning/projects/v1/workflow_pb.ts';

/** A workflow's row, with the hash of its latest version and the snapshot of its present state. */
export interface WorkflowRow {
  readonly id: string;
  readonly project_id: string;
  readonly name: string;
  /** As Lightning keeps them, which holds nobody to {@link Positions}. */
  readonly positions: unknown;
  readonly concurrency: number | null;
  readonly enable_job_logs: boolean;
  readonly lock_version: number;
  readonly deleted_at: string | null;
  readonly inserted_at: string;
  readonly updated_at: string;
  readonly latest_version_hash: string | null;
  readonly snapshot_id: string | null;
}

export function workflowMessage(row: WorkflowRow): Workflow {
  return create(WorkflowSchema, {
    id: row.id,
    projectId: row.project_id,
    name: row.name,
    ...(row.concurrency === null ? {} : { concurrency: row.concurrency }),
    enableJobLogs: row.enable_job_logs,
    lockVersion: row.lock_version,
    positions: positionsOf(row.positions),
    ...(row.deleted_at === null ? {} : { deletedAt: toTimestamp(row.deleted_at) }),
    latestVersionHash: row.latest_version_hash ?? '',
    snapshotId: row.snapshot_id ?? '',
    insertedAt: toTimestamp(row.inserted_at),
    updatedAt: toTimestamp(row.updated_at),
  });
}

/** Those that are positions. */
function positionsOf(stored: unknown): Positions {
  return Object.fromEntries(
    Object.entries(stored ?? {}).flatMap(([node, place]) => {
      const { x, y }: { readonly x?: unknown; readonly y?: unknown } = Object(place);
      return typeof x === 'number' && typeof y === 'number' ? [[node, { x, y }]] : [];
    }),
  );
}
