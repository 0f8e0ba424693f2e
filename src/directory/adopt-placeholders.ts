import { type RawBuilder, sql } from 'kysely';
import { type RoleName, roles } from '../call/permissions.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { emailKey } from './email-key.ts';
import type { UserFacts, UserRow } from './user-message.ts';

/** A placeholder, and the person whom its address turns out to be of. */
export interface Adoption {
  readonly placeholderId: string;
  readonly userId: string;
}

/** Which placeholders the people take over: those that nobody names and that have one of their addresses. */
export function adoptionsOf(
  wanted: readonly Pick<UserFacts, 'id' | 'email'>[],
  present: readonly UserRow[],
): Adoption[] {
  const named = new Set(wanted.map(({ id }) => id));
  const placeholders = new Map(
    present
      .filter(({ id, placeholder }) => placeholder && !named.has(id))
      .map(({ id, email }) => [emailKey(email), id]),
  );
  return wanted.flatMap(({ id: userId, email }) => {
    const placeholderId = placeholders.get(emailKey(email));
    return placeholderId === undefined ? [] : [{ placeholderId, userId }];
  });
}

/**
 * Holds the placeholders, so that nothing comes to refer to them any more, and before them the projects that they are
 * members of, in the order of their ids: what is under way there ends first, and so nobody who already waits for one of
 * the addresses is waited for.
 */
export async function lockPlaceholders(unit: UnitOfWork, adoptions: readonly Adoption[]): Promise<void> {
  if (adoptions.length === 0) return;
  const ids = adoptions.map(({ placeholderId }) => placeholderId);
  await sql`
    select from projects where id in (select project_id from project_users where user_id = any(${ids}::uuid[]))
    order by id for no key update`.execute(unit.db);
  await sql`select from users where id = any(${ids}::uuid[]) order by id for update`.execute(unit.db);
}

/**
 * Gives the people all that their placeholders had, and removes these, in a constant number of statements. Somebody
 * who is a member beside their placeholder keeps the membership, with the higher of the two roles. The placeholders
 * must be locked, and the people written.
 */
export async function adoptPlaceholders(unit: UnitOfWork, adoptions: readonly Adoption[]): Promise<void> {
  if (adoptions.length === 0) return;
  const table = sql`unnest(
    ${adoptions.map(({ placeholderId }) => placeholderId)}::uuid[],
    ${adoptions.map(({ userId }) => userId)}::uuid[]
  ) as adoption (placeholder_id, user_id)`;
  await mergeMemberships(unit, table);
  await moveMemberships(unit, table);
  await moveCredentials(unit, table);
  await moveTraces(unit, table);
  await removePlaceholders(unit, table);
}

type Table = RawBuilder<unknown>;

interface Moved {
  readonly id: string;
  readonly placeholder_id: string;
  readonly user_id: string;
}

async function mergeMemberships(unit: UnitOfWork, adoptions: Table): Promise<void> {
  const { rows: gone } = await sql<{
    id: string;
    project_id: string;
    user_id: string;
    role: RoleName;
    own_id: string;
    own_role: RoleName;
  }>`
    delete from project_users gone using ${adoptions}, project_users own
    where gone.user_id = adoption.placeholder_id
      and own.user_id = adoption.user_id and own.project_id = gone.project_id
    returning gone.id, gone.project_id, gone.user_id, gone.role, own.id as own_id, own.role as own_role`.execute(
    unit.db,
  );
  const raised = gone.filter(({ role, own_role }) => roles.indexOf(role) > roles.indexOf(own_role));
  if (raised.length > 0) {
    await sql`
      update project_users set role = raised.role, updated_at = ${unit.now.toISOString()}
      from unnest(${raised.map(({ own_id }) => own_id)}::uuid[], ${raised.map(({ role }) => role)}::text[])
        as raised (id, role)
      where project_users.id = raised.id`.execute(unit.db);
  }
  for (const { id, project_id: projectId, user_id, role } of gone) {
    const changes = { user_id: { before: user_id }, role: { before: role } };
    unit.record({ kind: 'members_changed', projectId, itemType: 'member', itemId: id, changes });
  }
  for (const { own_id, project_id: projectId, role, own_role } of raised) {
    const changes = { role: { before: own_role, after: role } };
    unit.record({ kind: 'members_changed', projectId, itemType: 'member', itemId: own_id, changes });
  }
}

async function moveMemberships(unit: UnitOfWork, adoptions: Table): Promise<void> {
  const { rows } = await sql<Moved & { project_id: string }>`
    update project_users set user_id = adoption.user_id, updated_at = ${unit.now.toISOString()}
    from ${adoptions} where project_users.user_id = adoption.placeholder_id
    returning project_users.id, project_users.project_id, adoption.placeholder_id, adoption.user_id`.execute(
    unit.db,
  );
  for (const { id, project_id: projectId, ...moved } of rows) {
    const changes = { user_id: { before: moved.placeholder_id, after: moved.user_id } };
    unit.record({ kind: 'members_changed', projectId, itemType: 'member', itemId: id, changes });
  }
}

async function moveCredentials(unit: UnitOfWork, adoptions: Table): Promise<void> {
  const { rows } = await sql<Moved>`
    update credentials set user_id = adoption.user_id, updated_at = ${unit.now.toISOString()}
    from ${adoptions} where credentials.user_id = adoption.placeholder_id
    returning credentials.id, adoption.placeholder_id, adoption.user_id`.execute(unit.db);
  for (const { id, placeholder_id, user_id } of rows) {
    const changes = { user_id: { before: placeholder_id, after: user_id } };
    unit.record({
      kind: 'credentials_changed',
      projectId: null,
      itemType: 'credential',
      itemId: id,
      changes,
    });
  }
}

/** What only says who once did something. */
async function moveTraces(unit: UnitOfWork, adoptions: Table): Promise<void> {
  await sql`
    with keychains as (
      update keychain_credentials set created_by_id = adoption.user_id
      from ${adoptions} where created_by_id = adoption.placeholder_id
    ), files as (
      update project_files set created_by_id = adoption.user_id
      from ${adoptions} where created_by_id = adoption.placeholder_id
    )
    update invitations set invited_by_id = adoption.user_id
    from ${adoptions} where invited_by_id = adoption.placeholder_id`.execute(unit.db);
}

async function removePlaceholders(unit: UnitOfWork, adoptions: Table): Promise<void> {
  const { rows } = await sql<Moved>`
    delete from users using ${adoptions} where users.id = adoption.placeholder_id
    returning users.id, adoption.placeholder_id, adoption.user_id`.execute(unit.db);
  for (const { id, user_id } of rows) {
    const changes = { id: { before: id, after: user_id } };
    unit.record({ kind: 'users_changed', projectId: null, itemType: 'user', itemId: id, changes });
  }
}
