import type { MessageInitShape } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import { page, pageSize, readPageToken } from '../call/page-token.ts';
import type {
  ListProjectsRequest,
  ListProjectsResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { projectMessages } from './project-message.ts';
import { after, orderKey, readOrder } from './project-order.ts';
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
  const start = readPageToken(request, list, 2);

  let query = visibleProjects(call.read)
    .orderBy(`projects.${order.by}`, order.direction)
    .orderBy('projects.id', order.direction)
    .limit(size + 1);
  if (start !== undefined) query = query.where(after(order, start));
  if (parentId !== undefined) query = query.where('projects.parent_id', '=', parentId);
  if (scheduledForDeletion !== undefined) {
    query = query.where('projects.scheduled_deletion', scheduledForDeletion ? 'is not' : 'is', null);
  }
  if (hasHistoryRetention !== undefined) {
    query = query.where('projects.history_retention_period', hasHistoryRetention ? 'is not' : 'is', null);
  }
  if (namePrefix !== '')
    query = query
      .where(sql<boolean>`starts_with(projects.name, ${namePrefix})`)
      .where('projects.name', '>=', namePrefix);

  const { rows, nextPageToken } = page(await query.execute(), size, list, (row) => orderKey(order, row));
  return { projects: await projectMessages(call.read, rows), nextPageToken };
}
