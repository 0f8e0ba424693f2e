import { ProjectsService } from '../../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import type { Transcript } from '../transcript.ts';

const { watchProjects } = ProjectsService.method;

/** The beginnings of watches. */
export async function watchCalls(calls: Transcript, projectId: string): Promise<void> {
  const projectIds = [projectId];
  await calls.firstAnswer('owner', watchProjects, 'what is there', { projectIds, includePresent: true });
  await calls.firstAnswer('stranger', watchProjects, "of somebody else's project", { projectIds });
  await calls.refusal('owner', watchProjects, 'INVALID_ARGUMENT BAD_RESUME_TOKEN', 'from nowhere', {
    resumeToken: 'nowhere',
  });
}
