import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { page, pageSize, readPageToken } from '../call/page-token.ts';
import { fittingRows } from '../database/bounded-answer.ts';
import type {
  ListWorkflowsRequest,
  ListWorkflowsResponseSchema,
} from '../gen/lightning/projects/v1/resources_service_pb.ts';
import { workflowMessage } from './workflow-message.ts';
import { workflowsPage } from './workflow-query.ts';

/** Lists a project's workflows by name (list_workflows/1, project_workflows_query/1). */
export async function listWorkflows(
  request: ListWorkflowsRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListWorkflowsResponseSchema>> {
  const size = pageSize(request);
  const { namePrefix, includeDeleted } = request;
  const projectId = request.projectId.toLowerCase();
  const list = ['ListWorkflows', projectId, namePrefix, includeDeleted];
  const after = readPageToken(request, list, ['text', 'uuid']);
  const query = workflowsPage(call.read, { projectId, namePrefix, includeDeleted, after, limit: size + 1 });
  const found = await query.execute();
  const { rows, nextPageToken } = page(found, fittingRows(found, size), list, (row) => [row.name, row.id]);
  return { workflows: rows.map(workflowMessage), nextPageToken };
}
