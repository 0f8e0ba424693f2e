import { failedPrecondition, inShort } from '../call/failure.ts';
import type { RoleName } from '../call/permissions.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';

/** Throws FAILED_PRECONDITION when somebody who is to own a project is disabled. Beyond Lightning. */
export async function refuseDisabledOwners(
  unit: UnitOfWork,
  members: readonly { readonly userId: string; readonly role: RoleName }[],
): Promise<void> {
  const owners = members.filter(({ role }) => role === 'owner').map(({ userId }) => userId);
  if (owners.length === 0) return;
  const rows = await unit.db
    .selectFrom('users')
    .select('id')
    .where('id', 'in', owners)
    .where('disabled', '=', true)
    .execute();
  if (rows.length === 0) return;
  const states = rows.map(({ id }) => ({
    type: 'USER_DISABLED',
    subject: `users/${id}`,
    description: `user ${id} is disabled and cannot become the owner`,
  }));
  throw failedPrecondition('USER_DISABLED', inShort(states.map(({ description }) => description)), states);
}
