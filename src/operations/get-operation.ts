import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import type {
  GetOperationRequest,
  GetOperationResponseSchema,
} from '../gen/lightning/projects/v1/operations_service_pb.ts';
import { operationMessage } from './operation-message.ts';
import { requireOperation } from './operation-query.ts';

/** Reads an operation. */
export async function getOperation(
  { id }: GetOperationRequest,
  call: Call,
): Promise<MessageInitShape<typeof GetOperationResponseSchema>> {
  return { operation: operationMessage(await requireOperation(call.read, id)) };
}
