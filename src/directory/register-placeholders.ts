import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { v7 as uuid } from '../database/uuid.ts';
import { emailKey } from './email-key.ts';
import { rowChanges } from './row-changes.ts';
import type { UserFacts } from './user-message.ts';

/** Somebody of whom only the address is certain. */
export interface Addressee {
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
}

/** The user who has an address. */
export interface Registered {
  readonly id: string;
  /** Whether the account service has not told of them yet. */
  readonly placeholder: boolean;
}

/**
 * Registers those of the people whose address nobody has, as placeholders until they show up, and records
 * each. Answers the users, old and new, by {@link emailKey}.
 *
 * In the order of their addresses, and waiting where another transaction registers the same person: two may
 * do so at once.
 */
export async function registerPlaceholders(
  unit: UnitOfWork,
  people: readonly Addressee[],
): Promise<ReadonlyMap<string, Registered>> {
  const byKey = new Map(people.map((person) => [emailKey(person.email), person]));
  if (byKey.size === 0) return new Map();
  const keys = [...byKey.keys()].toSorted();
  const wanted = keys.flatMap((key) => {
    const person = byKey.get(key);
    return person === undefined ? [] : [placeholder(unit, person)];
  });
  const { rows: fresh } = await sql<{ id: string }>`
    insert into users (id, email, first_name, last_name, placeholder)
    select id, email, first_name, last_name, placeholder
    from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb)
      as new (id uuid, email text, first_name text, last_name text, placeholder boolean)
    on conflict do nothing
    returning id`.execute(unit.db);
  const registered = new Set(fresh.map(({ id }) => id));
  for (const user of wanted.filter(({ id }) => registered.has(id))) {
    const changes = rowChanges(undefined, user) ?? {};
    unit.record({ kind: 'users_changed', projectId: null, itemType: 'user', itemId: user.id, changes });
  }
  const { rows } = await sql<Registered & { key: string }>`
    select id, placeholder, lower(email) as key from users
    where lower(email) = any(${keys}::text[])`.execute(unit.db);
  return new Map(rows.map(({ key, ...user }) => [key, user]));
}

function placeholder({ now }: UnitOfWork, { email, firstName, lastName }: Addressee): UserFacts {
  const flags = { role: 'user', support_user: false, disabled: false, placeholder: true } as const;
  return { id: uuid(now), email, first_name: firstName, last_name: lastName, ...flags };
}
