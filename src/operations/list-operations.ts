import type { MessageInitShape } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import { filterNames } from '../call/enum-names.ts';
import { page, pageSize, readPageToken } from '../call/page-token.ts';
import { isOnPage } from '../database/newest-first.ts';
import type {
  ListOperationsRequest,
  ListOperationsResponseSchema,
} from '../gen/lightning/projects/v1/operations_service_pb.ts';
import { operationMessage } from './operation-message.ts';
import { operationKinds, operationStates } from './operation-names.ts';
import { type OperationRow, operationColumns } from './operation-query.ts';

/** Lists the operations that the caller may see, the newest first. */
export async function listOperations(
  request: ListOperationsRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListOperationsResponseSchema>> {
  const size = pageSize(request);
  const kinds = filterNames(operationKinds, request.kinds, 'kinds');
  const states = filterNames(operationStates, request.states, 'states');
  const projectId = request.projectId.toLowerCase();
  const list = ['ListOperations', projectId, kinds, states];
  const after = readPageToken(request, list, 2);
  const match = sql.join(
    [
      projectId === '' ? sql`true` : sql`o.project_id = ${projectId}::uuid`,
      (await call.access.seesOthersOperations(projectId))
        ? sql`true`
        : sql`o.actor_id = ${call.actorId}::uuid`,
      kinds.length === 0 ? sql`true` : sql`o.kind = any(${kinds}::text[])`,
      states.length === 0 ? sql`true` : sql`o.state = any(${states}::text[])`,
    ],
    sql` and `,
  );
  const { rows: found } = await sql<OperationRow>`
    select ${operationColumns} from operations o
    where ${isOnPage('o', { match }, { from: undefined, before: undefined, after, limit: size + 1 })}
    order by o.inserted_at desc, o.id desc limit ${size + 1}`.execute(call.read);
  const { rows, nextPageToken } = page(found, size, list, (row) => [row.inserted_at, row.id]);
  return { operations: rows.map(operationMessage), nextPageToken };
}
