import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { notFound } from '../call/failure.ts';
import { User } from '../entities/user.ts';
import type {
  DisableUserRequest,
  DisableUserResponseSchema,
} from '../gen/lightning/projects/v1/directory_service_pb.ts';
import { userMessage } from './user-message.ts';
import { users } from './user-query.ts';

/**
 * Shuts a person out: every later call with a token of theirs is refused, by whichever process, since each call asks
 * the database. Beyond Lightning. Of somebody who is shut out already nothing changes.
 */
export async function disableUser(
  { id }: DisableUserRequest,
  call: Call,
): Promise<MessageInitShape<typeof DisableUserResponseSchema>> {
  return await call.change(async (unit) => {
    // Not as a key: who makes the person a member, or imports for them, may take long and is not waited for.
    await unit.db.selectFrom('users').where('id', '=', id).forNoKeyUpdate().execute();
    const user = await unit.em.findOne(User, { id });
    if (user === null) throw notFound('user', id);
    user.disabled = true;
    if (unit.hasChanges(user)) {
      user.updatedAt = unit.now;
      unit.record({ kind: 'users_changed', projectId: null, itemType: 'user', itemId: user.id });
      await unit.em.flush();
    }
    const row = await users(unit.db).where('id', '=', user.id).executeTakeFirstOrThrow();
    return { user: userMessage(row) };
  });
}
