import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { distinctIds } from '../call/distinct-ids.ts';
import { page, pageSize, readPageToken } from '../call/page-token.ts';
import type { Queries } from '../database/queries.ts';
import type {
  ListEdgesRequest,
  ListEdgesResponseSchema,
} from '../gen/lightning/projects/v1/resources_service_pb.ts';
import { edgeMessage } from './edge-message.ts';
import { type GraphPage, isOfPage, reachesPage } from './graph-page.ts';

/** Lists a project's edges by workflow, then id (project_edges_query/1). */
export async function listEdges(
  request: ListEdgesRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListEdgesResponseSchema>> {
  const size = pageSize(request);
  const { includeDeleted } = request;
  const projectId = request.projectId.toLowerCase();
  const workflowIds = distinctIds(request.workflowIds);
  const list = ['ListEdges', projectId, workflowIds, includeDeleted];
  const after = readPageToken(request, list, ['uuid', 'uuid']);
  const filters = { projectId, workflowIds, includeDeleted, after, limit: size + 1 };
  const found = await edgesPage(call.read, filters).execute();
  const { rows, nextPageToken } = page(found, size, list, (row) => [row.workflow_id, row.id]);
  return { edges: rows.map(edgeMessage), nextPageToken };
}

/** A page of a project's edges, by workflow, then id. */
export function edgesPage(db: Queries, page: GraphPage) {
  return db
    .selectFrom('workflows')
    .innerJoinLateral(
      (from) =>
        from
          .selectFrom('workflow_edges')
          .select([
            'workflow_edges.id',
            'workflow_edges.workflow_id',
            'workflow_edges.source_trigger_id',
            'workflow_edges.source_job_id',
            'workflow_edges.target_job_id',
            'workflow_edges.condition_type',
            'workflow_edges.condition_expression',
            'workflow_edges.condition_label',
            'workflow_edges.enabled',
            'workflow_edges.inserted_at',
            'workflow_edges.updated_at',
          ])
          .where(isOfPage('workflow_edges', page))
          .orderBy('workflow_edges.id')
          .limit(page.limit)
          .as('edges'),
      (join) => join.onTrue(),
    )
    .selectAll('edges')
    .where(reachesPage(page))
    .orderBy('workflows.id')
    .orderBy('edges.id')
    .limit(page.limit);
}
