import type { FileStore } from '../files/file-store.ts';
import type { ProjectsService } from '../gen/lightning/projects/v1/projects_service_pb.ts';
import type { Rpc } from '../rpc/implement.ts';
import { beginDeletion } from './begin-deletion.ts';
import { deleteNext } from './delete-next.ts';

/**
 * Deletes a project with all that belongs to it and, by `force`, with everything below it (delete_project/1): batch
 * after batch, each its own transaction. When the call ends before, calling again goes on.
 */
export function deleteProject(files: FileStore): Rpc<typeof ProjectsService.method.deleteProject> {
  return async (request, call) => {
    const { project, projectIds } = await call.change((unit) => beginDeletion(unit, request));
    const step = deleteNext(project.id, files);
    let rows: number;
    do rows = await call.change(step);
    while (rows > 0);
    return { project, deletedProjectIds: [...projectIds] };
  };
}
