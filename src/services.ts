import type { DescService } from '@bufbuild/protobuf';
import type { MikroORM } from '@mikro-orm/postgresql';
import type { PoolShares } from './database/pool-shares.ts';
import { directoryService } from './directory/directory-service.ts';
import { DirectoryService } from './gen/lightning/projects/v1/directory_service_pb.ts';
import { HistoryService } from './gen/lightning/projects/v1/history_service_pb.ts';
import { MaintenanceService } from './gen/lightning/projects/v1/maintenance_service_pb.ts';
import { MembersService } from './gen/lightning/projects/v1/members_service_pb.ts';
import { OperationsService } from './gen/lightning/projects/v1/operations_service_pb.ts';
import { ProjectsService } from './gen/lightning/projects/v1/projects_service_pb.ts';
import { ResourcesService } from './gen/lightning/projects/v1/resources_service_pb.ts';
import { historyService } from './history/history-service.ts';
import { membersService } from './members/members-service.ts';
import { operationsService } from './operations/operations-service.ts';
import { type ProjectsParts, projectsService } from './projects/projects-service.ts';
import { resourcesService } from './resources/resources-service.ts';
import { maintenanceService } from './retention/maintenance-service.ts';
import { implement, type Pipeline } from './rpc/implement.ts';
import type { ServiceRegistration } from './transport/service-registration.ts';

/** Every service of the contract; methods that are not there yet answer UNIMPLEMENTED. */
export const contract: readonly DescService[] = [
  ProjectsService,
  MembersService,
  ResourcesService,
  MaintenanceService,
  OperationsService,
  DirectoryService,
  HistoryService,
];

/** What methods need besides their call. */
export interface ServiceParts extends ProjectsParts {
  readonly orm: MikroORM;
  readonly shares: PoolShares;
}

/** The services as both listeners serve them. */
export function services(pipeline: Pipeline, parts: ServiceParts): ServiceRegistration[] {
  return [
    {
      service: ProjectsService,
      implementation: implement(ProjectsService, projectsService(parts), pipeline),
    },
    { service: MembersService, implementation: implement(MembersService, membersService, pipeline) },
    { service: ResourcesService, implementation: implement(ResourcesService, resourcesService, pipeline) },
    {
      service: MaintenanceService,
      implementation: implement(MaintenanceService, maintenanceService, pipeline),
    },
    {
      service: OperationsService,
      implementation: implement(OperationsService, operationsService(parts.orm), pipeline),
    },
    { service: DirectoryService, implementation: implement(DirectoryService, directoryService, pipeline) },
    {
      service: HistoryService,
      implementation: implement(HistoryService, historyService(parts.shares.history), pipeline),
    },
  ];
}
