import { create } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import type { ProjectRow } from '../database/project-row.ts';
import { type Project, ProjectSchema } from '../gen/lightning/projects/v1/project_pb.ts';
import { projectMessages } from './project-message.ts';

/**
 * Projects that stand around one which the caller may read, as far as they are the caller's business: those that it may
 * read too in full, of the others where they stand and what they are called.
 *
 * @param around the one that the caller may read
 */
export async function shownProjects(
  call: Call,
  around: string,
  rows: readonly ProjectRow[],
): Promise<Project[]> {
  const projects = await projectMessages(call.read, rows);
  const isMember = await call.access.readsWorkspaceOf(around);
  const doubtful = rows.filter((row) => !isMember || row.scheduled_deletion !== null).map(({ id }) => id);
  const readable = new Set(await call.access.readable(doubtful));
  const hidden = new Set(doubtful.filter((id) => !readable.has(id)));
  return projects.map((project) => (hidden.has(project.id) ? outline(project) : project));
}

function outline({ id, name, parentId }: Project): Project {
  return create(ProjectSchema, { id, name, ...(parentId === undefined ? {} : { parentId }) });
}
