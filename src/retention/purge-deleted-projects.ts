import type { MessageInitShape } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type {
  PurgeDeletedProjectsRequest,
  PurgeDeletedProjectsResponseSchema,
} from '../gen/lightning/projects/v1/maintenance_service_pb.ts';
import { operationMessage } from '../operations/operation-message.ts';
import type { OperationRow } from '../operations/operation-query.ts';
import { startOperations } from '../operations/start-operation.ts';

/** Operations that one call starts. */
const PROJECTS = 1000;

/** Starts the deletion of projects whose scheduled date has come (perform/1 `purge_deleted`). */
export async function purgeDeletedProjects(
  _request: PurgeDeletedProjectsRequest,
  call: Call,
): Promise<MessageInitShape<typeof PurgeDeletedProjectsResponseSchema>> {
  const operations = await call.change(startPurges);
  return { operations: operations.map(operationMessage) };
}

/**
 * Starts an operation for each top of a subtree that is due, the longest due first, at most {@link PROJECTS}: what
 * stands below a project that is due goes with it. Those that were started before and have not ended are among them.
 * Reads `projects_scheduled_deletion_index` up to now.
 */
export async function startPurges(unit: UnitOfWork): Promise<OperationRow[]> {
  const now = unit.now.toISOString();
  const { rows } = await sql<{ projectId: string; projectName: string }>`
    select due.id as "projectId", due.name as "projectName"
    from projects due left join projects parent on parent.id = due.parent_id
    where due.scheduled_deletion <= ${now}
      and (parent.id is null or parent.scheduled_deletion is null or parent.scheduled_deletion > ${now})
    order by due.scheduled_deletion, due.id
    limit ${PROJECTS}`.execute(unit.db);
  return rows.length === 0 ? [] : await startOperations(unit, 'purge_project', rows);
}
