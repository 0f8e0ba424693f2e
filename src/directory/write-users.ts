import type { UnitOfWork } from '../database/unit-of-work.ts';
import { rowChanges } from './row-changes.ts';
import type { UserFacts, UserRow } from './user-message.ts';

/**
 * Writes those of the people whom the rows say otherwise of, in one statement, and records each. The directory must
 * be locked and `present` hold the rows of all who have one.
 */
export async function writeUsers(
  unit: UnitOfWork,
  wanted: readonly UserFacts[],
  present: readonly UserRow[],
): Promise<void> {
  const rows = new Map(present.map((row) => [row.id, row]));
  const changed: UserFacts[] = [];
  for (const user of wanted) {
    const changes = rowChanges(rows.get(user.id), user);
    if (changes === undefined) continue;
    changed.push(user);
    unit.record({ kind: 'users_changed', projectId: null, itemType: 'user', itemId: user.id, changes });
  }
  if (changed.length === 0) return;
  const now = unit.now.toISOString();
  await unit.db
    .insertInto('users')
    .values(changed.map((user) => ({ ...user, inserted_at: now, updated_at: now })))
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((row) => ({
        email: row.ref('excluded.email'),
        first_name: row.ref('excluded.first_name'),
        last_name: row.ref('excluded.last_name'),
        role: row.ref('excluded.role'),
        support_user: row.ref('excluded.support_user'),
        disabled: row.ref('excluded.disabled'),
        updated_at: row.ref('excluded.updated_at'),
      })),
    )
    .execute();
}
