import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { distinctIds } from '../call/distinct-ids.ts';
import { page, pageSize, readPageToken } from '../call/page-token.ts';
import { fittingRows } from '../database/bounded-answer.ts';
import type {
  ListJobsRequest,
  ListJobsResponseSchema,
} from '../gen/lightning/projects/v1/resources_service_pb.ts';
import { jobMessage } from './job-message.ts';
import { jobsPage, jobsPageWithBodies } from './job-query.ts';

/** Lists a project's jobs by workflow, then id (project_jobs_query/1); pages with bodies end where these get too much. */
export async function listJobs(
  request: ListJobsRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListJobsResponseSchema>> {
  const size = pageSize(request);
  const { namePrefix, includeBody, includeDeleted } = request;
  const projectId = request.projectId.toLowerCase();
  const workflowIds = distinctIds(request.workflowIds);
  const list = ['ListJobs', projectId, workflowIds, namePrefix, includeDeleted];
  const after = readPageToken(request, list, ['uuid', 'uuid']);
  const filters = { projectId, workflowIds, namePrefix, includeDeleted, after, limit: size + 1 };
  const found = await (includeBody ? jobsPageWithBodies : jobsPage)(call.read, filters).execute();
  const { rows, nextPageToken } = page(found, fittingRows(found, size), list, (row) => [
    row.workflow_id,
    row.id,
  ]);
  return { jobs: rows.map(jobMessage), nextPageToken };
}
