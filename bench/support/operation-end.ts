import { setTimeout as pause } from 'node:timers/promises';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Operation, OperationState } from '../../src/gen/lightning/projects/v1/operation_pb.ts';
import type {
  GetOperationRequestSchema,
  GetOperationResponse,
} from '../../src/gen/lightning/projects/v1/operations_service_pb.ts';

const LOOK_MS = 100;

/** Waits until an operation has ended; throws unless it succeeded. */
export async function operationEnd(
  getOperation: (
    request: MessageInitShape<typeof GetOperationRequestSchema>,
  ) => Promise<GetOperationResponse>,
  started: Operation | undefined,
): Promise<Operation> {
  for (;;) {
    const { operation } = await getOperation({ id: started?.id ?? '' });
    if (operation?.finishedAt !== undefined) {
      if (operation.state === OperationState.SUCCEEDED) return operation;
      throw new Error(`the operation ended in state ${operation.state}: ${operation.error?.message}`);
    }
    await pause(LOOK_MS);
  }
}
