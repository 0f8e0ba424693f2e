import { listAuditEvents } from '../audit/list-audit-events.ts';
import type { EventHub } from '../events/event-hub.ts';
import { watchProjects } from '../events/watch-projects.ts';
import { exportProject } from '../exchange/export-project.ts';
import { importProject } from '../exchange/import-project.ts';
import { importProjectStream } from '../exchange/import-project-stream.ts';
import type { FileStore } from '../files/file-store.ts';
import type { ProjectsService } from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { appendProjectHead } from '../heads/append-project-head.ts';
import { getProjectHead } from '../heads/get-project-head.ts';
import { listProjectHeads } from '../heads/list-project-heads.ts';
import { cancelProjectDeletion } from '../lifecycle/cancel-project-deletion.ts';
import { deleteProject } from '../lifecycle/delete-project.ts';
import { deleteProjectAsync } from '../lifecycle/delete-project-async.ts';
import { scheduleProjectDeletion } from '../lifecycle/schedule-project-deletion.ts';
import { validateProjectDeletion } from '../lifecycle/validate-project-deletion.ts';
import { compareProjects } from '../merging/compare-projects.ts';
import { mergeSandbox } from '../merging/merge-sandbox.ts';
import type { Rpcs } from '../rpc/implement.ts';
import { createSandbox } from '../sandboxes/create-sandbox.ts';
import { getRootProject } from '../sandboxes/get-root-project.ts';
import { getWorkspace } from '../sandboxes/get-workspace.ts';
import { listDescendants } from '../sandboxes/list-descendants.ts';
import { listSandboxes } from '../sandboxes/list-sandboxes.ts';
import { provisionSandbox } from '../sandboxes/provision-sandbox.ts';
import { batchGetProjects } from './batch-get-projects.ts';
import { createProject } from './create-project.ts';
import { getDataclipPolicy } from './get-dataclip-policy.ts';
import { getFirstUserProject } from './get-first-user-project.ts';
import { getProject } from './get-project.ts';
import { getProjectsOverview } from './get-projects-overview.ts';
import { listProjects } from './list-projects.ts';
import { listUserProjects } from './list-user-projects.ts';
import { updateProject } from './update-project.ts';

/** What the methods of ProjectsService need besides their call. */
export interface ProjectsParts {
  readonly events: EventHub;
  readonly files: FileStore;
  /** Undefined: what is scheduled for deletion is due at once. */
  readonly purgeDeletedAfterDays: number | undefined;
}

/** The methods of ProjectsService. */
export const projectsService = ({
  events,
  files,
  purgeDeletedAfterDays,
}: ProjectsParts): Rpcs<typeof ProjectsService> => ({
  createProject,
  getProject,
  batchGetProjects,
  listProjects,
  listUserProjects,
  getProjectsOverview,
  getFirstUserProject,
  updateProject,
  getDataclipPolicy,
  validateProjectDeletion,
  scheduleProjectDeletion: scheduleProjectDeletion(purgeDeletedAfterDays),
  cancelProjectDeletion,
  deleteProject: deleteProject(files),
  deleteProjectAsync,
  watchProjects: watchProjects(events),
  exportProject,
  importProject,
  importProjectStream,
  getProjectHead,
  appendProjectHead,
  listProjectHeads,
  listAuditEvents,
  getRootProject,
  getWorkspace,
  listDescendants,
  listSandboxes,
  createSandbox,
  provisionSandbox,
  compareProjects,
  mergeSandbox: mergeSandbox(purgeDeletedAfterDays),
});
