import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import { failedPrecondition, inShort } from '../call/failure.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';

/**
 * Throws FAILED_PRECONDITION when one of the people is owner or admin of the root above a sandbox: nobody but
 * themselves removes or demotes them there. Beyond Lightning 2.14.
 */
export async function refuseRootAdmins(
  unit: UnitOfWork,
  call: Call,
  projectId: string,
  userIds: readonly string[],
): Promise<void> {
  const others = userIds.filter((id) => id !== call.actorId);
  if (others.length === 0) return;
  const { rows } = await sql<{ user_id: string; role: string; root_id: string }>`
    select user_id, role, project_id as root_id from project_users
    where project_id = project_root(${projectId}) and project_id <> ${projectId}
      and role in ('owner', 'admin') and user_id = any(${others}::uuid[])
    order by user_id`.execute(unit.db);
  if (rows.length === 0) return;
  const states = rows.map(({ user_id, role, root_id }) => ({
    type: 'ROOT_ADMIN_FIXED',
    subject: `users/${user_id}`,
    description: `user ${user_id} is ${role} of the root project ${root_id} and keeps the role in its sandboxes`,
  }));
  throw failedPrecondition('ROOT_ADMIN_FIXED', inShort(states.map(({ description }) => description)), states);
}
