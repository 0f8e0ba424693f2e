import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { demoted, memberChanges, type RoleChange, takesOwnership } from './member-changes.ts';
import { insertMembers, type Membership } from './member-set.ts';
import { removeMemberships } from './remove-memberships.ts';
import { refuseRootAdmins } from './root-admins.ts';

/**
 * Makes the members of a project exactly those named: removes, adds and changes in one transaction. Answers what
 * changed for the audit trail, undefined when nothing did.
 *
 * Another owner needs the right to transfer the ownership, and in a sandbox whoever is owner or admin of its root
 * loses nothing. The project's row must be locked. The old owner steps down before the new one steps up, as the
 * unique index of owners wants it.
 */
export async function replaceMembers(
  unit: UnitOfWork,
  call: Call,
  projectId: string,
  wanted: readonly Membership[],
): Promise<Record<string, unknown> | undefined> {
  const present = await unit.db
    .selectFrom('project_users')
    .select(['user_id', 'role'])
    .where('project_id', '=', projectId)
    .execute();
  const changes = memberChanges(present, wanted);
  const { added, removed, changed } = changes;
  if (added.length + removed.length + changed.length === 0) return undefined;
  if (takesOwnership(changes)) await call.access.require('transfer_ownership', projectId);
  await refuseRootAdmins(unit, call, projectId, demoted(changes));

  await removeMemberships(
    unit,
    projectId,
    removed.map(({ user_id }) => user_id),
  );
  await changeRoles(
    unit,
    projectId,
    changed.filter(({ after }) => after !== 'owner'),
  );
  await changeRoles(
    unit,
    projectId,
    changed.filter(({ after }) => after === 'owner'),
  );
  await insertMembers(unit, projectId, added);
  return {
    added: added.map(({ userId, role }) => ({ user_id: userId, role })),
    removed,
    changed: changed.map(({ userId, before, after }) => ({ user_id: userId, before, after })),
  };
}

async function changeRoles(
  unit: UnitOfWork,
  projectId: string,
  changes: readonly RoleChange[],
): Promise<void> {
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
