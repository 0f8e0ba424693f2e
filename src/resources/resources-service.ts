import type { ResourcesService } from '../gen/lightning/projects/v1/resources_service_pb.ts';
import type { Rpcs } from '../rpc/implement.ts';
import { getProjectCredential } from './get-project-credential.ts';
import { listDataclips } from './list-dataclips.ts';
import { listEdges } from './list-edges.ts';
import { listJobs } from './list-jobs.ts';
import { listProjectCredentials } from './list-project-credentials.ts';
import { listProjectFiles } from './list-project-files.ts';
import { listRunSteps } from './list-run-steps.ts';
import { listRuns } from './list-runs.ts';
import { listSteps } from './list-steps.ts';
import { listTriggers } from './list-triggers.ts';
import { listWorkOrders } from './list-work-orders.ts';
import { listWorkflows } from './list-workflows.ts';

export const resourcesService: Rpcs<typeof ResourcesService> = {
  listWorkflows,
  listJobs,
  listTriggers,
  listEdges,
  listWorkOrders,
  listRuns,
  listRunSteps,
  listSteps,
  listDataclips,
  listProjectCredentials,
  getProjectCredential,
  listProjectFiles,
};
