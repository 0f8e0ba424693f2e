import type { Call } from '../call/call.ts';
import type { RoleName } from '../call/permissions.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { changeRoles } from './change-roles.ts';
import { demoted, memberChanges, type PresentMember, takesOwnership } from './member-changes.ts';
import { insertMembers, type Membership } from './member-set.ts';
import { removeMemberships } from './remove-memberships.ts';
import { refuseRootAdmins } from './root-admins.ts';

/** What was changed, as the audit trail keeps it. */
export type MembersReplaced = {
  readonly added: readonly PresentMember[];
  readonly removed: readonly PresentMember[];
  readonly changed: readonly {
    readonly user_id: string;
    readonly before: RoleName;
    readonly after: RoleName;
  }[];
};

/**
 * Makes the members of a project exactly those named: removes, adds and changes in one transaction. Answers
 * what changed, undefined when nothing did.
 *
 * Another owner needs the right to transfer the ownership and must not be disabled, and in a sandbox whoever is
 * owner or admin of its root loses nothing. The project's row must be locked.
 */
export async function replaceMembers(
  unit: UnitOfWork,
  call: Call,
  projectId: string,
  wanted: readonly Membership[],
): Promise<MembersReplaced | undefined> {
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
  await changeRoles(unit, projectId, changed);
  await insertMembers(unit, projectId, added);
  return {
    added: added.map(({ userId, role }) => ({ user_id: userId, role })),
    removed,
    changed: changed.map(({ userId, before, after }) => ({ user_id: userId, before, after })),
  };
}
