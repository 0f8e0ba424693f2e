import type { MessageInitShape } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import { MAX_PAGE_SIZE, type PageKey, page, pageSize, readPageToken } from '../call/page-token.ts';
import type { Queries } from '../database/queries.ts';
import type {
  GetWorkspaceRequest,
  GetWorkspaceResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { after, byName } from '../projects/project-order.ts';
import { requireProject, visibleProjects } from '../projects/project-query.ts';
import { shownProjects } from '../projects/shown-projects.ts';
import { sandboxPage } from './list-sandboxes.ts';

/** Reads a project and its direct sandboxes, by name, then id (get_workspace_projects/1). */
export async function getWorkspace(
  request: GetWorkspaceRequest,
  call: Call,
): Promise<MessageInitShape<typeof GetWorkspaceResponseSchema>> {
  // Whole, as in Lightning, as long as one answer can hold it.
  const size = request.pageSize === 0 ? MAX_PAGE_SIZE : pageSize(request);
  const id = request.projectId.toLowerCase();
  const list = ['GetWorkspace', id];
  const start = readPageToken(request, list, ['text', 'uuid']);

  const found = await workspacePage(call.read, id, size + 1, start).execute();
  // The project itself may be on another page.
  if (!found.some((row) => row.id === id)) await requireProject(call.read, id);

  const { rows, nextPageToken } = page(found, size, list, (row) => [row.name, row.id]);
  return { projects: await shownProjects(call, id, rows), nextPageToken };
}

/** The project and its direct sandboxes after a name and id, these in the order of their index. */
export function workspacePage(db: Queries, id: string, limit: number, start?: PageKey) {
  const own = visibleProjects(db).where('projects.id', '=', id);
  return (start === undefined ? own : own.where(after(byName, start)))
    .unionAll(({ parens }) => parens(sandboxPage(db, id, limit, start)))
    .orderBy(sql.ref('name'))
    .orderBy(sql.ref('id'))
    .limit(limit);
}
