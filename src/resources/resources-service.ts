import type { ResourcesService } from '../gen/lightning/projects/v1/resources_service_pb.ts';
import type { Rpcs } from '../rpc/implement.ts';
import { listWorkflows } from './list-workflows.ts';

export const resourcesService: Rpcs<typeof ResourcesService> = {
  listWorkflows,
};
