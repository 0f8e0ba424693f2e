import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { distinctIds } from '../call/distinct-ids.ts';
import { filterNames } from '../call/enum-names.ts';
import { page, pageSize, readPageToken } from '../call/page-token.ts';
import { fittingRows } from '../database/bounded-answer.ts';
import type {
  ListTriggersRequest,
  ListTriggersResponseSchema,
} from '../gen/lightning/projects/v1/resources_service_pb.ts';
import { triggerMessage, triggerTypes } from './trigger-message.ts';
import { triggersPage } from './trigger-query.ts';

/** Lists a project's triggers by workflow, then id (project_triggers_query/1); pages end where their settings get too much. */
export async function listTriggers(
  request: ListTriggersRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListTriggersResponseSchema>> {
  const size = pageSize(request);
  const { enabled, includeDeleted } = request;
  const projectId = request.projectId.toLowerCase();
  const workflowIds = distinctIds(request.workflowIds);
  const types = filterNames(triggerTypes, request.types, 'types');
  const list = ['ListTriggers', projectId, workflowIds, types, enabled, includeDeleted];
  const after = readPageToken(request, list, ['uuid', 'uuid']);
  const filters = { projectId, workflowIds, types, enabled, includeDeleted, after, limit: size + 1 };
  const found = await triggersPage(call.read, filters).execute();
  const { rows, nextPageToken } = page(found, fittingRows(found, size), list, (row) => [
    row.workflow_id,
    row.id,
  ]);
  return { triggers: rows.map(triggerMessage), nextPageToken };
}
