import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { distinctIds } from '../call/distinct-ids.ts';
import { filterNames } from '../call/enum-names.ts';
import { page, pageSize, readPageToken } from '../call/page-token.ts';
import { boundOf } from '../database/timestamp.ts';
import type {
  ListRunsRequest,
  ListRunsResponseSchema,
} from '../gen/lightning/projects/v1/resources_service_pb.ts';
import { runMessage, runStates } from './run-message.ts';
import { runsPage } from './run-query.ts';

/** Lists a project's runs, the newest first (project_runs_query/1). */
export async function listRuns(
  request: ListRunsRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListRunsResponseSchema>> {
  const size = pageSize(request);
  const filters = {
    projectId: request.projectId.toLowerCase(),
    workflowIds: distinctIds(request.workflowIds),
    workOrderIds: distinctIds(request.workOrderIds),
    states: filterNames(runStates, request.states, 'states'),
  };
  const from = boundOf(request.insertedFrom);
  const before = boundOf(request.insertedBefore);
  const list = ['ListRuns', filters, from, before];
  const after = readPageToken(request, list, ['moment', 'uuid']);
  const found = await runsPage(call.read, filters, { from, before, after, limit: size + 1 }).execute();
  const { rows, nextPageToken } = page(found, size, list, (row) => [row.inserted_at, row.id]);
  return { runs: rows.map(runMessage), nextPageToken };
}
