import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { type PageKey, page, pageSize, readPageToken } from '../call/page-token.ts';
import type { Queries } from '../database/queries.ts';
import type {
  ListSandboxesRequest,
  ListSandboxesResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { after, byName } from '../projects/project-order.ts';
import { requireProject, visibleProjects } from '../projects/project-query.ts';
import { shownProjects } from '../projects/shown-projects.ts';

/** Lists the direct sandboxes of a project, by name, then id (list_sandboxes/1). */
export async function listSandboxes(
  request: ListSandboxesRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListSandboxesResponseSchema>> {
  const size = pageSize(request);
  const parentId = request.parentId.toLowerCase();
  const list = ['ListSandboxes', parentId];
  const start = readPageToken(request, list, ['text', 'uuid']);

  const found = await sandboxPage(call.read, parentId, size + 1, start).execute();
  if (found.length === 0) await requireProject(call.read, parentId);

  const { rows, nextPageToken } = page(found, size, list, (row) => [row.name, row.id]);
  return { projects: await shownProjects(call, parentId, rows), nextPageToken };
}

/** Direct sandboxes after a name and id, read in the order of the index on (parent_id, name, id). */
export function sandboxPage(db: Queries, parentId: string, limit: number, start?: PageKey) {
  const query = visibleProjects(db)
    .where('projects.parent_id', '=', parentId)
    .orderBy('projects.name')
    .orderBy('projects.id')
    .limit(limit);
  return start === undefined ? query : query.where(after(byName, start));
}
