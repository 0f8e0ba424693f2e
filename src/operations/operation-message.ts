import type { MessageInitShape } from '@bufbuild/protobuf';
import { toTimestamp } from '../database/timestamp.ts';
import type { OperationSchema } from '../gen/lightning/projects/v1/operation_pb.ts';
import { isUnderWay, operationKinds, operationStates } from './operation-names.ts';
import type { OperationRow } from './operation-query.ts';

/** An operation as callers see it. */
export function operationMessage(row: OperationRow): MessageInitShape<typeof OperationSchema> {
  return {
    id: row.id,
    kind: operationKinds.value(row.kind),
    projectId: row.project_id ?? '',
    projectName: row.project_name ?? '',
    state: operationStates.value(row.state),
    done: BigInt(row.done_units),
    total: BigInt(row.total_units ?? 0),
    attempt: row.attempts,
    maxAttempts: row.max_attempts,
    cancellable: isUnderWay(row.state) && row.cancel_requested_at === null,
    actorUserId: row.actor_id ?? '',
    insertedAt: toTimestamp(row.inserted_at),
    ...(row.started_at === null ? {} : { startedAt: toTimestamp(row.started_at) }),
    ...(row.finished_at === null ? {} : { finishedAt: toTimestamp(row.finished_at) }),
    ...(row.error_reason === null
      ? {}
      : {
          error: {
            code: row.error_code ?? INTERNAL,
            reason: row.error_reason,
            message: row.error_message ?? '',
          },
        }),
  };
}

/** google.rpc.Code of what nobody foresaw. */
const INTERNAL = 13;
