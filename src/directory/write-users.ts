import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { adoptionsOf, adoptPlaceholders, lockPlaceholders } from './adopt-placeholders.ts';
import { emailKey } from './email-key.ts';
import { rowChanges } from './row-changes.ts';
import type { UserFacts, UserRow } from './user-message.ts';

/**
 * Writes those of the people whom the rows say otherwise of, in one statement, and records each. Placeholders with
 * their addresses are taken over. The directory must be locked and `present` hold the rows of all who have one, and of
 * those who have one of the addresses, none of them a person whom nobody names.
 */
export async function writeUsers(
  unit: UnitOfWork,
  wanted: readonly UserFacts[],
  present: readonly UserRow[],
): Promise<void> {
  const adoptions = adoptionsOf(wanted, present);
  await lockPlaceholders(unit, adoptions);
  await vacateAddresses(unit, wanted, present);
  await writeRows(unit, wanted, present);
  await adoptPlaceholders(unit, adoptions);
}

async function writeRows(
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
        placeholder: row.ref('excluded.placeholder'),
        updated_at: row.ref('excluded.updated_at'),
      })),
    )
    .execute();
}

/** Frees addresses that pass from one person to another: the index looks at each row on its own. */
async function vacateAddresses(
  unit: UnitOfWork,
  wanted: readonly UserFacts[],
  present: readonly UserRow[],
): Promise<void> {
  const holders = new Map(present.map(({ id, email }) => [emailKey(email), id]));
  const vacating = wanted.flatMap(({ id, email }) => {
    const holder = holders.get(emailKey(email));
    return holder === undefined || holder === id ? [] : [holder];
  });
  if (vacating.length === 0) return;
  // No address looks like a bare id: the rules want an @.
  await sql`update users set email = id::text where id = any(${vacating}::uuid[])`.execute(unit.db);
}
