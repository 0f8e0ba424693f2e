import { MaintenanceService } from '../../../src/gen/lightning/projects/v1/maintenance_service_pb.ts';
import { people, seededProjectId, unknownId } from '../actors.ts';
import type { Transcript } from '../transcript.ts';

const { deleteProjectWorkOrders, deleteProjectDataclips, enforceRetention, purgeDeletedProjects } =
  MaintenanceService.method;

/** Deletes the seeded history, so that no call comes after it that reads this. */
export async function maintenanceCalls(calls: Transcript, projectId: string): Promise<void> {
  const seeded = { projectId: seededProjectId };
  const large = { ...seeded, batchSize: 10_001 };
  const unknown = { projectId: unknownId };
  await calls.answer('admin', deleteProjectDataclips, 'of a project', seeded);
  await calls.answer('admin', deleteProjectDataclips, 'with nothing left', { ...seeded, batchSize: 1 });
  await calls.refusal('admin', deleteProjectDataclips, 'NOT_FOUND PROJECT_NOT_FOUND', 'of nothing', unknown);
  await calls.refusal(
    'admin',
    deleteProjectDataclips,
    'INVALID_ARGUMENT VALIDATION_FAILED',
    'in large batches',
    large,
  );
  await calls.refusal(
    'owner',
    deleteProjectDataclips,
    'PERMISSION_DENIED SUPERUSER_REQUIRED',
    'as an owner',
    { projectId },
  );

  await calls.answer('admin', deleteProjectWorkOrders, 'of a project', seeded);
  await calls.answer('admin', deleteProjectWorkOrders, 'with nothing left', { ...seeded, batchSize: 1 });
  await calls.refusal('admin', deleteProjectWorkOrders, 'NOT_FOUND PROJECT_NOT_FOUND', 'of nothing', unknown);
  await calls.refusal(
    'admin',
    deleteProjectWorkOrders,
    'INVALID_ARGUMENT VALIDATION_FAILED',
    'in large batches',
    large,
  );
  await calls.refusal(
    'owner',
    deleteProjectWorkOrders,
    'PERMISSION_DENIED SUPERUSER_REQUIRED',
    'as an owner',
    { projectId },
  );

  await calls.answer('admin', enforceRetention, 'of a project without a period', seeded);
  await calls.answer('admin', enforceRetention, 'of all projects', {});
  await calls.refusal('admin', enforceRetention, 'NOT_FOUND PROJECT_NOT_FOUND', 'of nothing', unknown);
  await calls.refusal(
    'reader',
    enforceRetention,
    'PERMISSION_DENIED SCOPE_REQUIRED',
    'with projects:read',
    {},
  );
  await calls.answer('admin', purgeDeletedProjects, 'with nothing due', { actorUserId: people.owner.id });
  await calls.refusal('nobody', purgeDeletedProjects, 'UNAUTHENTICATED TOKEN_MISSING', 'without a token', {});
}
