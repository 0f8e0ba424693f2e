import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { filterNames } from '../call/enum-names.ts';
import { page, pageSize, readPageToken } from '../call/page-token.ts';
import type {
  ListOperationsRequest,
  ListOperationsResponseSchema,
} from '../gen/lightning/projects/v1/operations_service_pb.ts';
import { operationMessage } from './operation-message.ts';
import { operationKinds, operationStates } from './operation-names.ts';
import { operationsPage } from './operations-page.ts';

/** Lists the operations that the caller may see, the newest first. */
export async function listOperations(
  request: ListOperationsRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListOperationsResponseSchema>> {
  const size = pageSize(request);
  const kinds = filterNames(operationKinds, request.kinds, 'kinds');
  const states = filterNames(operationStates, request.states, 'states');
  const projectId = request.projectId.toLowerCase();
  const list = ['ListOperations', projectId, kinds, states];
  const after = readPageToken(request, list, ['moment', 'uuid']);
  const seesAll = await call.access.seesOthersOperations(projectId);
  const filters = { projectId, actorId: seesAll ? null : call.actorId, kinds, states };
  const bounds = { from: undefined, before: undefined, after, limit: size + 1 };
  const { rows: found } = await operationsPage(filters, bounds).execute(call.read);
  const { rows, nextPageToken } = page(found, size, list, (row) => [row.inserted_at, row.id]);
  return { operations: rows.map(operationMessage), nextPageToken };
}
