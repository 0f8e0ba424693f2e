import type { MessageInitShape } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import type {
  DeleteProjectWorkOrdersRequest,
  DeleteProjectWorkOrdersResponseSchema,
} from '../gen/lightning/projects/v1/maintenance_service_pb.ts';
import { type DeleteAll, deleteAll } from './delete-all.ts';
import { deleteWorkOrders } from './delete-work-orders.ts';

/**
 * Deletes all work orders of a project, the oldest first, with their runs, log lines and steps
 * (delete_project_workorders/2). What hangs on the work orders of a batch goes before them, at most `batch_size` rows
 * of a table a transaction, each of which sends the progress.
 */
export function deleteProjectWorkOrders(
  { projectId, batchSize }: DeleteProjectWorkOrdersRequest,
  call: Call,
): AsyncIterable<MessageInitShape<typeof DeleteProjectWorkOrdersResponseSchema>> {
  const work = {
    projectId,
    batchSize,
    table: 'work_orders',
    async deleteNext({ db }, limit) {
      const { rows } = await sql<{ id: string }>`
        select id from work_orders where project_id = ${projectId}
        order by inserted_at, id limit ${limit} for update`.execute(db);
      const ids = rows.map(({ id }) => id);
      return ids.length === 0 ? {} : await deleteWorkOrders(db, ids, limit);
    },
  } as const satisfies DeleteAll;
  return deleteAll(work, call);
}
