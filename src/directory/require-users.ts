import { invalidArgument } from '../call/failure.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';

/** A person whom a request names. */
export interface NamedUser {
  readonly userId: string;
  /** Where in the request, e.g. `members[1].user_id`. */
  readonly field: string;
}

/** Throws an INVALID_ARGUMENT that names each person who is unknown. */
export async function requireUsers(unit: UnitOfWork, named: readonly NamedUser[]): Promise<void> {
  if (named.length === 0) return;
  const ids = [...new Set(named.map(({ userId }) => userId))];
  const rows = await unit.db.selectFrom('users').select('id').where('id', 'in', ids).execute();
  const known = new Set(rows.map(({ id }) => id));
  const unknown = named.filter(({ userId }) => !known.has(userId));
  if (unknown.length === 0) return;
  throw invalidArgument(
    unknown.map(({ userId, field }) => ({
      field,
      description: `user ${userId} is unknown: create it with DirectoryService.UpsertUsers first`,
    })),
    'UNKNOWN_USER',
  );
}
