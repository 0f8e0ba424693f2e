import { OperationKind, OperationState } from '../../../src/gen/lightning/projects/v1/operation_pb.ts';
import { OperationsService } from '../../../src/gen/lightning/projects/v1/operations_service_pb.ts';
import { unknownId } from '../actors.ts';
import type { Transcript } from '../transcript.ts';

const { getOperation, listOperations, cancelOperation, watchOperation } = OperationsService.method;

/** Of an operation that no worker has taken yet. */
export async function operationCalls(calls: Transcript, id: string): Promise<void> {
  const unknown = { id: unknownId };
  await calls.answer('owner', getOperation, 'one that waits', { id });
  await calls.refusal('stranger', getOperation, 'NOT_FOUND OPERATION_NOT_FOUND', "somebody else's", { id });
  await calls.answer('owner', listOperations, 'of deletions', {
    kinds: [OperationKind.DELETE_PROJECT],
    states: [OperationState.PENDING],
  });
  await calls.refusal('owner', listOperations, 'INVALID_ARGUMENT VALIDATION_FAILED', 'of no kind', {
    kinds: [OperationKind.UNSPECIFIED],
  });
  await calls.answer('owner', cancelOperation, 'one that waits', { id });
  await calls.refusal('owner', cancelOperation, 'FAILED_PRECONDITION OPERATION_FINISHED', 'again', { id });
  await calls.answer('owner', watchOperation, 'one that has ended', { id });
  await calls.refusal('owner', watchOperation, 'NOT_FOUND OPERATION_NOT_FOUND', 'nothing', unknown);
}
