import { type RoleName, roles } from '../call/permissions.ts';
import type { Membership } from './member-set.ts';

/** Somebody who is a member. */
export interface PresentMember {
  readonly user_id: string;
  readonly role: RoleName;
}

/** What turns one set of members into another. */
export interface MemberChanges {
  readonly added: readonly Membership[];
  readonly removed: readonly PresentMember[];
  readonly changed: readonly RoleChange[];
}

export interface RoleChange {
  readonly userId: string;
  readonly before: RoleName;
  readonly after: RoleName;
}

/** Compares the members that a project has with those it is to have; each set holds nobody twice. */
export function memberChanges(
  present: readonly PresentMember[],
  wanted: readonly Membership[],
): MemberChanges {
  const before = new Map(present.map(({ user_id, role }) => [user_id, role]));
  const wantedUsers = new Set(wanted.map(({ userId }) => userId));
  return {
    added: wanted.filter(({ userId }) => !before.has(userId)),
    removed: present.filter(({ user_id }) => !wantedUsers.has(user_id)),
    changed: wanted.flatMap(({ userId, role: after }) => {
      const role = before.get(userId);
      return role === undefined || role === after ? [] : [{ userId, before: role, after }];
    }),
  };
}

/** Who loses by the changes: those removed and those with a lower role than before. */
export function demoted({ removed, changed }: MemberChanges): string[] {
  const lowered = changed.filter(({ before, after }) => roles.indexOf(after) < roles.indexOf(before));
  return [...removed.map(({ user_id }) => user_id), ...lowered.map(({ userId }) => userId)];
}

/** Whether the changes take the ownership from somebody. */
export function takesOwnership({ removed, changed }: MemberChanges): boolean {
  return removed.some(({ role }) => role === 'owner') || changed.some(({ before }) => before === 'owner');
}
