import { DirectoryService } from '../../src/gen/lightning/projects/v1/directory_service_pb.ts';
import { HistoryService } from '../../src/gen/lightning/projects/v1/history_service_pb.ts';
import { MaintenanceService } from '../../src/gen/lightning/projects/v1/maintenance_service_pb.ts';
import { MembersService } from '../../src/gen/lightning/projects/v1/members_service_pb.ts';
import { OperationsService } from '../../src/gen/lightning/projects/v1/operations_service_pb.ts';
import { ProjectsService } from '../../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { ResourcesService } from '../../src/gen/lightning/projects/v1/resources_service_pb.ts';

/** Every service of the contract. */
export const services = [
  ProjectsService,
  MembersService,
  ResourcesService,
  MaintenanceService,
  OperationsService,
  DirectoryService,
  HistoryService,
];
