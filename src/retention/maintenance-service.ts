import type { MaintenanceService } from '../gen/lightning/projects/v1/maintenance_service_pb.ts';
import type { Rpcs } from '../rpc/implement.ts';
import { deleteProjectDataclips } from './delete-project-dataclips.ts';
import { deleteProjectWorkOrders } from './delete-project-work-orders.ts';
import { enforceRetention } from './enforce-retention.ts';
import { purgeDeletedProjects } from './purge-deleted-projects.ts';

/** The methods of MaintenanceService. */
export const maintenanceService: Rpcs<typeof MaintenanceService> = {
  deleteProjectWorkOrders,
  deleteProjectDataclips,
  purgeDeletedProjects,
  enforceRetention,
};
