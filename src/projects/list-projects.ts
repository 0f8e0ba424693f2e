import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { type PageKey, page, pageSize, readPageToken } from '../call/page-token.ts';
import type { Queries } from '../database/queries.ts';
import type {
  ListProjectsRequest,
  ListProjectsResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { projectMessages } from './project-message.ts';
import { after, orderKey, type ProjectOrder, readOrder } from './project-order.ts';
import { visibleProjects } from './project-query.ts';

/**
 * Lists all projects, sandboxes and those scheduled for deletion included (list_projects/0,
 * list_projects_having_history_retention/0).
 */
export async function listProjects(
  request: ListProjectsRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListProjectsResponseSchema>> {
  const size = pageSize(request);
  const order = readOrder(request.orderBy);
  const { parentId, scheduledForDeletion, hasHistoryRetention, namePrefix } = request;
  const list = ['ListProjects', order, parentId, scheduledForDeletion, hasHistoryRetention, namePrefix];
  const start = readPageToken(request, list, [order.by === 'name' ? 'text' : 'moment', 'uuid']);
  const query = projectsPage(call.read, request, order, start, size + 1);
  const { rows, nextPageToken } = page(await query.execute(), size, list, (row) => orderKey(order, row));
  return { projects: await projectMessages(call.read, rows), nextPageToken };
}

/** What narrows a list of projects down; unset: anything goes. */
type ProjectFilters = Pick<
  ListProjectsRequest,
  'parentId' | 'scheduledForDeletion' | 'hasHistoryRetention' | 'namePrefix'
>;

/** The projects after `start`, walking the index of the order, of the parent or of the names. */
export function projectsPage(
  db: Queries,
  { parentId, scheduledForDeletion, hasHistoryRetention, namePrefix }: ProjectFilters,
  order: ProjectOrder,
  start: PageKey | undefined,
  limit: number,
) {
  let query = visibleProjects(db)
    .orderBy(`projects.${order.by}`, order.direction)
    .orderBy('projects.id', order.direction)
    .limit(limit);
  if (start !== undefined) query = query.where(after(order, start));
  if (parentId !== undefined) query = query.where('projects.parent_id', '=', parentId);
  if (scheduledForDeletion !== undefined) {
    query = query.where('projects.scheduled_deletion', scheduledForDeletion ? 'is not' : 'is', null);
  }
  if (hasHistoryRetention !== undefined) {
    query = query.where('projects.history_retention_period', hasHistoryRetention ? 'is not' : 'is', null);
  }
  if (namePrefix !== '') {
    query = query
      .where('projects.name', '>=', namePrefix)
      .where('projects.name', '<', `${namePrefix}${BEHIND_NAMES}`);
  }
  return query;
}

/** Sorts behind everything that a name may go on with. */
const BEHIND_NAMES = '~';
