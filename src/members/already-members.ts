import { alreadyExists } from '../call/failure.ts';
import type { Membership } from './member-set.ts';

/** Throws an ALREADY_EXISTS that names the row of each person of the request who is a member already. */
export function refuseMembers(
  added: readonly Membership[],
  present: readonly { readonly id: string; readonly user_id: string; readonly role: string }[],
): void {
  const rows = new Map(present.map((row) => [row.user_id, row]));
  const already = added.flatMap(({ userId, field }) => {
    const row = rows.get(userId);
    return row === undefined ? [] : [{ field, row }];
  });
  const [first] = already;
  if (first === undefined) return;
  const fields = already.map(({ field, row }) => ({
    field,
    description: `user ${row.user_id} is a member already: ${row.role} by membership ${row.id}`,
  }));
  throw alreadyExists('ALREADY_A_MEMBER', fields, { type: 'member', name: first.row.id });
}
