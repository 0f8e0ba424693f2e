import type { MikroORM } from '@mikro-orm/postgresql';
import { answeredInTime } from '../database/answered-in-time.ts';
import { coalesced } from '../database/coalesced.ts';
import type { OperationsService } from '../gen/lightning/projects/v1/operations_service_pb.ts';
import type { Rpcs } from '../rpc/implement.ts';
import { cancelOperation } from './cancel-operation.ts';
import { getOperation } from './get-operation.ts';
import { listOperations } from './list-operations.ts';
import { type OperationRow, operationsById } from './operation-query.ts';
import { watchOperation } from './watch-operation.ts';

/** The methods of OperationsService. */
export function operationsService(orm: MikroORM): Rpcs<typeof OperationsService> {
  const byId = coalesced<string, OperationRow | null>(async (ids) => {
    const found = await answeredInTime(orm.em.getKysely(), (read) => operationsById(read, ids));
    return ids.map((id) => found.get(id.toLowerCase()) ?? null);
  });
  return {
    getOperation,
    listOperations,
    cancelOperation,
    watchOperation: watchOperation(byId),
  };
}
