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
    with recursive above as (
      select id, parent_id from projects where id = ${projectId}
      union
      select parent.id, parent.parent_id from projects parent join above on parent.id = above.parent_id
    )
    select pu.user_id, pu.role, pu.project_id as root_id
    from above join project_users pu on pu.project_id = above.id
    where above.parent_id is null and above.id <> ${projectId}
      and pu.role in ('owner', 'admin') and pu.user_id = any(${others}::uuid[])
    order by pu.user_id`.execute(unit.db);
  if (rows.length === 0) return;
  const states = rows.map(({ user_id, role, root_id }) => ({
    type: 'ROOT_ADMIN_FIXED',
    subject: `users/${user_id}`,
    description: `user ${user_id} is ${role} of the root project ${root_id} and keeps the role in its sandboxes`,
  }));
  throw failedPrecondition('ROOT_ADMIN_FIXED', inShort(states.map(({ description }) => description)), states);
}
