import { aProject } from '../../support/projects.ts';
import type { TestService } from '../../support/service.ts';
import { admin, type Change, projectRow } from './change.ts';

/** A project that is scheduled for deletion. */
async function scheduled(service: TestService): Promise<string> {
  const { id } = await aProject(service);
  await admin(service).scheduleProjectDeletion({ id });
  return id;
}

/** The event that tells of it: the project's own row is gone. */
const toldOf = (kind: string, projectId: string): string =>
  `events where kind = '${kind}' and project_id = '${projectId}'`;

export const deletionChanges: readonly Change[] = [
  {
    method: 'ProjectsService.ScheduleProjectDeletion',
    way: 'a date',
    kinds: ['project_deletion_scheduled'],
    async prepare(service) {
      const { id } = await aProject(service);
      return {
        make: async (options) =>
          projectRow((await admin(service).scheduleProjectDeletion({ id }, options)).project?.id),
        check: () => admin(service).scheduleProjectDeletion({ id, validateOnly: true }),
        repeat: () => admin(service).scheduleProjectDeletion({ id }),
        refused: () => admin(service).scheduleProjectDeletion({ id, etag: '"old"' }),
      };
    },
  },
  {
    method: 'ProjectsService.CancelProjectDeletion',
    way: 'a date taken back',
    kinds: ['project_deletion_cancelled'],
    async prepare(service) {
      const id = await scheduled(service);
      return {
        make: async (options) =>
          projectRow((await admin(service).cancelProjectDeletion({ id }, options)).project?.id),
        repeat: () => admin(service).cancelProjectDeletion({ id }),
        refused: () => admin(service).cancelProjectDeletion({ id, etag: '"old"' }),
      };
    },
  },
  {
    method: 'ProjectsService.DeleteProject',
    way: 'a project',
    earlier: ['project_deletion_started'],
    kinds: ['project_deleted'],
    async prepare(service) {
      const { id } = await aProject(service);
      return {
        async make(options) {
          await admin(service).deleteProject({ id }, options);
          return toldOf('project_deleted', id);
        },
        refused: () => admin(service).deleteProject({ id, etag: '"old"' }),
      };
    },
  },
  {
    method: 'ProjectsService.DeleteProjectAsync',
    way: 'a project',
    kinds: ['project_deletion_started', 'operation_started'],
    async prepare(service) {
      const { id } = await aProject(service);
      return {
        async make(options) {
          await admin(service).deleteProjectAsync({ id }, options);
          return toldOf('project_deletion_started', id);
        },
        refused: () => admin(service).deleteProjectAsync({ id, etag: '"old"' }),
      };
    },
  },
];
