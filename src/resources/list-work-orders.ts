import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { distinctIds } from '../call/distinct-ids.ts';
import { filterNames } from '../call/enum-names.ts';
import { page, pageSize, readPageToken } from '../call/page-token.ts';
import { boundOf } from '../database/timestamp.ts';
import type {
  ListWorkOrdersRequest,
  ListWorkOrdersResponseSchema,
} from '../gen/lightning/projects/v1/resources_service_pb.ts';
import { workOrderMessage, workOrderStates } from './work-order-message.ts';
import { latestActiveWorkOrders, newestWorkOrders } from './work-order-query.ts';

/**
 * Lists a project's work orders, the newest first; the latest active first when their last activity is bounded
 * (project_workorders_query/1).
 */
export async function listWorkOrders(
  request: ListWorkOrdersRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListWorkOrdersResponseSchema>> {
  const size = pageSize(request);
  const filters = {
    projectId: request.projectId.toLowerCase(),
    workflowIds: distinctIds(request.workflowIds),
    states: filterNames(workOrderStates, request.states, 'states'),
    insertedFrom: boundOf(request.insertedFrom),
    insertedBefore: boundOf(request.insertedBefore),
  };
  const activeFrom = boundOf(request.lastActivityFrom);
  const activeBefore = boundOf(request.lastActivityBefore);
  const list = ['ListWorkOrders', filters, activeFrom, activeBefore];
  const start = { after: readPageToken(request, list, ['moment', 'uuid']), limit: size + 1 };

  if (activeFrom === undefined && activeBefore === undefined) {
    const bounds = { from: filters.insertedFrom, before: filters.insertedBefore };
    const found = await newestWorkOrders(call.read, filters, { ...bounds, ...start }).execute();
    const { rows, nextPageToken } = page(found, size, list, (row) => [row.inserted_at, row.id]);
    return { workOrders: rows.map(workOrderMessage), nextPageToken };
  }
  const bounds = { from: activeFrom, before: activeBefore };
  const found = await latestActiveWorkOrders(call.read, filters, { ...bounds, ...start }).execute();
  const { rows, nextPageToken } = page(found, size, list, (row) => [row.last_activity, row.id]);
  return { workOrders: rows.map(workOrderMessage), nextPageToken };
}
