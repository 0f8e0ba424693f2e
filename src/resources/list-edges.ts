import type { MessageInitShape } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import { distinctIds } from '../call/distinct-ids.ts';
import { page, pageSize, readPageToken } from '../call/page-token.ts';
import { fittingRows } from '../database/bounded-answer.ts';
import type { Queries } from '../database/queries.ts';
import type {
  ListEdgesRequest,
  ListEdgesResponseSchema,
} from '../gen/lightning/projects/v1/resources_service_pb.ts';
import { edgeMessage } from './edge-message.ts';
import { type GraphPage, graphAnswer, isOfPage, reachesPage } from './graph-page.ts';

/** Lists a project's edges by workflow, then id (project_edges_query/1); pages end where the conditions get too much. */
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
  const { rows, nextPageToken } = page(found, fittingRows(found, size), list, (row) => [
    row.workflow_id,
    row.id,
  ]);
  return { edges: rows.map(edgeMessage), nextPageToken };
}

/** A page of a project's edges, by workflow, then id. The length of a condition is known without reading it. */
export function edgesPage(db: Queries, page: GraphPage) {
  const rows = db
    .selectFrom('workflows')
    .innerJoinLateral(
      (from) =>
        from
          .selectFrom('workflow_edges')
          .select(columns.map((column) => `workflow_edges.${column}` as const))
          .select([
            'workflow_edges.condition_expression',
            sql<number>`coalesce(octet_length(workflow_edges.condition_expression), 0)`.as('bytes'),
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
  return db
    .selectFrom(rows.as('page'))
    .select(columns)
    .select([
      graphAnswer.whereFitting<string>('condition_expression').as('condition_expression'),
      graphAnswer.fits().as('fits'),
    ])
    .orderBy('workflow_id')
    .orderBy('id');
}

const columns = [
  'id',
  'workflow_id',
  'source_trigger_id',
  'source_job_id',
  'target_job_id',
  'condition_type',
  'condition_label',
  'enabled',
  'inserted_at',
  'updated_at',
] as const;
