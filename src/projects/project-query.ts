import { notFound } from '../call/failure.ts';
import { qualifiedProjectColumns } from '../database/project-row.ts';
import type { Queries } from '../database/queries.ts';
import type { Project } from '../gen/lightning/projects/v1/project_pb.ts';
import { projectMessages } from './project-message.ts';

/** Projects as anybody may see them: one whose deletion has begun is gone. */
export function visibleProjects(db: Queries) {
  return db
    .selectFrom('projects')
    .select(qualifiedProjectColumns)
    .where('projects.deletion_started_at', 'is', null);
}

/** One project as its message; NOT_FOUND when there is none. */
export async function readProject(db: Queries, id: string): Promise<Project> {
  const rows = await visibleProjects(db).where('projects.id', '=', id).execute();
  const [project] = await projectMessages(db, rows);
  if (project === undefined) throw notFound('project', id);
  return project;
}

/** Throws NOT_FOUND when there is no such project: services may ask for any id. */
export async function requireProject(db: Queries, id: string): Promise<void> {
  const project = await visibleProjects(db).where('projects.id', '=', id).executeTakeFirst();
  if (project === undefined) throw notFound('project', id);
}
