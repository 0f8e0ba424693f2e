import type { RoleName } from '../call/permissions.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { v7 as uuid } from '../database/uuid.ts';
import { type NamedUser, requireUsers } from '../directory/require-users.ts';
import type { NewMember } from '../gen/lightning/projects/v1/member_pb.ts';
import { refuseDisabledOwners } from './disabled-owners.ts';
import { roleNames } from './member-message.ts';

/** Somebody who is to be a member. */
export interface Membership extends NamedUser {
  readonly role: RoleName;
}

/** Members as the request's field `list` names them; a role left out is editor. */
export function namedMembers(members: readonly NewMember[], list = 'members'): Membership[] {
  return members.map(({ userId, role }, index) => ({
    userId: userId.toLowerCase(),
    role: roleNames.name(role) ?? 'editor',
    field: `${list}[${index}].user_id`,
  }));
}

/** The first members of a project: those named, else the acting user as its owner, else nobody. */
export function foundingMembers(members: readonly NewMember[], actorId: string | null): Membership[] {
  if (members.length > 0) return namedMembers(members);
  return actorId === null ? [] : [{ userId: actorId, role: 'owner', field: 'actor_user_id' }];
}

/**
 * Makes people members. An unknown user is an INVALID_ARGUMENT that names each, an owner who is disabled a
 * FAILED_PRECONDITION; somebody who is a member already violates the unique index.
 */
export async function insertMembers(
  unit: UnitOfWork,
  projectId: string,
  memberships: readonly Membership[],
): Promise<void> {
  if (memberships.length === 0) return;
  await requireUsers(unit, memberships);
  await refuseDisabledOwners(unit, memberships);
  const now = unit.now.toISOString();
  await unit.db
    .insertInto('project_users')
    .values(
      memberships.map(({ userId, role }) => ({
        id: uuid(unit.now),
        project_id: projectId,
        user_id: userId,
        role,
        inserted_at: now,
        updated_at: now,
      })),
    )
    .execute();
}
