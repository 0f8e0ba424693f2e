import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import type {
  BatchGetUsersRequest,
  BatchGetUsersResponseSchema,
} from '../gen/lightning/projects/v1/directory_service_pb.ts';
import { userMessage } from './user-message.ts';
import { users } from './user-query.ts';

/** Reads people by id, in the order of the ids, each once; says which ids nobody has. */
export async function batchGetUsers(
  request: BatchGetUsersRequest,
  call: Call,
): Promise<MessageInitShape<typeof BatchGetUsersResponseSchema>> {
  const ids = [...new Set(request.ids.map((id) => id.toLowerCase()))];
  const rows = await users(call.read).where('id', 'in', ids).execute();
  const byId = new Map(rows.map((row) => [row.id, userMessage(row)]));
  return {
    users: ids.map((id) => byId.get(id)).filter((user) => user !== undefined),
    missingIds: ids.filter((id) => !byId.has(id)),
  };
}
