import type { MessageInitShape } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import { failedPrecondition } from '../call/failure.ts';
import type {
  CancelOperationRequest,
  CancelOperationResponseSchema,
} from '../gen/lightning/projects/v1/operations_service_pb.ts';
import { operationMessage } from './operation-message.ts';
import { type OperationRow, operationColumns, requireOperation } from './operation-query.ts';

/**
 * Asks an operation to stop: one that waits has ended at once, one that runs ends after its batch. Asking again changes
 * nothing.
 */
export async function cancelOperation(
  { id }: CancelOperationRequest,
  call: Call,
): Promise<MessageInitShape<typeof CancelOperationResponseSchema>> {
  const cancelled = await call.change(async (unit) => {
    const { rows } = await sql<OperationRow & { readonly is_first: boolean }>`
      with present as (
        select id, cancel_requested_at from operations
        where id = ${id} and state in ('pending', 'running') for no key update
      )
      update operations set
        cancel_requested_at = coalesce(present.cancel_requested_at, ${unit.now}),
        state = case when operations.state = 'pending' then 'cancelled' else operations.state end,
        finished_at = case when operations.state = 'pending' then ${unit.now}::timestamptz end,
        updated_at = ${unit.now}
      from present where operations.id = present.id
      returning ${operationColumns}, present.cancel_requested_at is null as is_first`.execute(unit.db);
    const [row] = rows;
    if (row?.is_first === true) {
      unit.record({
        kind: 'operation_cancelled',
        projectId: row.project_id,
        itemType: 'operation',
        itemId: id,
        changes: { kind: { after: row.kind } },
      });
    }
    return row;
  });
  if (cancelled === undefined) await requireOperation(call.read, id);
  else return { operation: operationMessage(cancelled) };
  const message = 'the operation has ended: there is nothing to cancel';
  throw failedPrecondition('OPERATION_FINISHED', message, [
    { type: 'OPERATION_FINISHED', subject: `operations/${id}`, description: message },
  ]);
}
