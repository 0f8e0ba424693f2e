import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { refuseDisabledOwners } from './disabled-owners.ts';
import type { RoleChange } from './member-changes.ts';

/**
 * Gives members of a project other roles, in two statements at most: who was the owner steps down before somebody else
 * becomes it, as the unique key of owners wants it. Throws FAILED_PRECONDITION USER_DISABLED for a new owner who is
 * disabled. The project's row must be locked.
 */
export async function changeRoles(
  unit: UnitOfWork,
  projectId: string,
  changes: readonly RoleChange[],
): Promise<void> {
  await refuseDisabledOwners(
    unit,
    changes.map(({ userId, after }) => ({ userId, role: after })),
  );
  await setRoles(
    unit,
    projectId,
    changes.filter(({ after }) => after !== 'owner'),
  );
  await setRoles(
    unit,
    projectId,
    changes.filter(({ after }) => after === 'owner'),
  );
}

async function setRoles(unit: UnitOfWork, projectId: string, changes: readonly RoleChange[]): Promise<void> {
  if (changes.length === 0) return;
  const users = changes.map(({ userId }) => userId);
  const roles = changes.map(({ after }) => after);
  await sql`
    update project_users set role = change.role, updated_at = ${unit.now.toISOString()}
    from unnest(${users}::uuid[], ${roles}::text[]) as change (user_id, role)
    where project_users.project_id = ${projectId} and project_users.user_id = change.user_id`.execute(
    unit.db,
  );
}
