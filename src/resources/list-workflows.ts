import type { MessageInitShape } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import { page, pageSize, readPageToken } from '../call/page-token.ts';
import type {
  ListWorkflowsRequest,
  ListWorkflowsResponseSchema,
} from '../gen/lightning/projects/v1/resources_service_pb.ts';
import { workflowMessage } from './workflow-message.ts';
import { workflows } from './workflow-query.ts';

/** Lists a project's workflows by name (list_workflows/1, project_workflows_query/1). */
export async function listWorkflows(
  request: ListWorkflowsRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListWorkflowsResponseSchema>> {
  const size = pageSize(request);
  const { namePrefix, includeDeleted } = request;
  const projectId = request.projectId.toLowerCase();
  const list = ['ListWorkflows', projectId, namePrefix, includeDeleted];
  const start = readPageToken(request, list, 2);

  let query = workflows(call.read)
    .where('workflows.project_id', '=', projectId)
    .orderBy('workflows.name')
    .orderBy('workflows.id')
    .limit(size + 1);
  if (!includeDeleted) query = query.where('workflows.deleted_at', 'is', null);
  if (namePrefix !== '') query = query.where(sql<boolean>`starts_with(workflows.name, ${namePrefix})`);
  if (start !== undefined) {
    const [name, id] = start;
    query = query.where(sql<boolean>`(workflows.name, workflows.id) > (${name}, ${id}::uuid)`);
  }

  const { rows, nextPageToken } = page(await query.execute(), size, list, (row) => [row.name, row.id]);
  return { workflows: rows.map(workflowMessage), nextPageToken };
}
