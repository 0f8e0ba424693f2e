import type { DescMethod } from '@bufbuild/protobuf';
import { MembersService } from '../gen/lightning/projects/v1/members_service_pb.ts';
import { ProjectsService } from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { ResourcesService } from '../gen/lightning/projects/v1/resources_service_pb.ts';

/** Whether a replica may answer, of whose state nobody knows more than how far it is behind. */
export function toleratesLag(method: DescMethod): boolean {
  return lagTolerant.has(method);
}

const { method: projects } = ProjectsService;
const { method: members } = MembersService;
const { method: resources } = ResourcesService;

/**
 * Lists of what one project holds and what is made of whole projects. Who may read them is asked of the primary as ever.
 * Reads whose answer is itself a matter of access, such as the projects that a person may see, stay with the primary, and
 * so do reads of one row, which come with the question about access.
 */
const lagTolerant: ReadonlySet<DescMethod> = new Set<DescMethod>([
  projects.listProjectHeads,
  projects.listAuditEvents,
  projects.exportProject,
  projects.compareProjects,
  members.listMembers,
  resources.listWorkflows,
  resources.listJobs,
  resources.listTriggers,
  resources.listEdges,
  resources.listWorkOrders,
  resources.listRuns,
  resources.listRunSteps,
  resources.listSteps,
  resources.listDataclips,
  resources.listProjectCredentials,
  resources.listProjectFiles,
]);
