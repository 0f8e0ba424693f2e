import type { ProjectsService } from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { readProject } from '../projects/project-query.ts';
import type { Rpc } from '../rpc/implement.ts';
import { scheduleDeletion } from './schedule-deletion.ts';

/**
 * Schedules a project and everything below it for deletion (schedule_project_deletion/1, with `validate_only`
 * scheduled_project_deletion_changes/2). One transaction.
 *
 * @param afterDays PURGE_DELETED_AFTER_DAYS
 */
export function scheduleProjectDeletion(
  afterDays: number | undefined,
): Rpc<typeof ProjectsService.method.scheduleProjectDeletion> {
  return async ({ id, etag, validateOnly }, call) =>
    await call.change(
      async (unit) => {
        const scheduled = await scheduleDeletion(unit, id, etag, afterDays);
        return {
          project: await readProject(unit.db, id),
          scheduledProjectCount: scheduled.projects,
          disabledTriggerCount: scheduled.triggers,
        };
      },
      { validateOnly },
    );
}
