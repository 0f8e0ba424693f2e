import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { Project } from '../entities/project.ts';
import type { Project as ProjectMessage } from '../gen/lightning/projects/v1/project_pb.ts';
import { appendHead } from '../heads/append-head.ts';
import { refreshHead } from '../heads/head-query.ts';
import { readProject } from '../projects/project-query.ts';
import type { Counts } from './import-counts.ts';

/**
 * Ends an import: what happened is recorded, and the project gets its new head, unless nothing has changed. Answers the
 * project as it is now.
 */
export async function finishImport(
  unit: UnitOfWork,
  project: Project,
  isNew: boolean,
  counts: Counts,
): Promise<ProjectMessage> {
  const isUpdated = !isNew && unit.hasChanges(project);
  if (isUpdated) {
    project.updatedAt = unit.now;
    unit.record({ kind: 'project_updated', ...itemOf(project.id) });
  }
  await unit.em.flush();
  if (isNew || isUpdated || counts.changedAnything) await recordImport(unit, project.id, isNew, counts);
  return await readProject(unit.db, project.id);
}

/** The project's new head, and what happened. */
async function recordImport(
  unit: UnitOfWork,
  projectId: string,
  isNew: boolean,
  counts: Counts,
): Promise<void> {
  const headHash = await refreshHead(unit.db, projectId);
  await appendHead(unit, projectId, headHash);
  const item = itemOf(projectId);
  if (isNew) unit.record({ kind: 'project_created', ...item });
  const { created, updated, deleted } = counts;
  unit.record({
    kind: 'project_imported',
    ...item,
    changes: { created, updated, deleted, head_hash: headHash },
  });
}

function itemOf(projectId: string) {
  return { projectId, itemType: 'project', itemId: projectId };
}
