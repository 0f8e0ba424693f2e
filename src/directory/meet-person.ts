import type { MikroORM } from '@mikro-orm/postgresql';
import { runChange } from '../database/change.ts';
import { Queries } from '../database/queries.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { adoptionsOf } from './adopt-placeholders.ts';
import { changePeople } from './change-people.ts';
import { lockDirectory } from './lock-directory.ts';
import { passProjectsOfPlaceholders } from './pass-projects.ts';
import { rowChanges } from './row-changes.ts';
import type { UserFacts, UserRow } from './user-message.ts';
import { usersAndNamesakes } from './user-query.ts';
import { writeUsers } from './write-users.ts';

/** What a person's token says of its bearer. */
export interface PersonClaims {
  readonly userId: string;
  readonly email: string;
  /** Undefined: it says nothing of this name, which stays as it is. */
  readonly firstName: string | undefined;
  readonly lastName: string | undefined;
}

/** People whose claims are remembered; the oldest goes first. */
const REMEMBERED = 10_000;

/**
 * Keeps the mirror of users fresh with what people's own tokens say: unknown people are registered, changed names
 * and addresses written, each at first sight by this process. An address that another user has is left alone, and
 * whoever is unknown and has no other stays unknown; a placeholder that has it is taken over.
 */
export function meetPeople(
  orm: MikroORM,
): (claims: PersonClaims, requestId: string, signal: AbortSignal) => Promise<void> {
  const met = new Map<string, string>();
  return async (claims, requestId, signal) => {
    const said = JSON.stringify([claims.email, claims.firstName, claims.lastName]);
    if (met.get(claims.userId) === said) return;
    if (await tellsNews(orm, claims, signal)) await mirror(orm, claims, requestId, signal);
    met.delete(claims.userId);
    const oldest = met.keys().next();
    if (met.size >= REMEMBERED && !oldest.done) met.delete(oldest.value);
    met.set(claims.userId, said);
  };
}

/** Asked without a lock first: after a start nearly everybody is known already. */
async function tellsNews(orm: MikroORM, claims: PersonClaims, signal: AbortSignal): Promise<boolean> {
  const read = new Queries(orm.em.getKysely(), signal);
  const present = await usersAndNamesakes(read, [named(claims)]).execute();
  const wanted = told(claims, present);
  if (wanted === undefined) return false;
  const isChanged = rowChanges(rowOf(claims, present), wanted) !== undefined;
  return isChanged || adoptionsOf([wanted], present).length > 0;
}

async function mirror(
  orm: MikroORM,
  claims: PersonClaims,
  requestId: string,
  signal: AbortSignal,
): Promise<void> {
  const author = { actorId: claims.userId, service: null, method: 'Authentication', requestId };
  const change = async (unit: UnitOfWork) => {
    await lockDirectory(unit);
    const present = await usersAndNamesakes(unit.db, [named(claims)])
      .forNoKeyUpdate()
      .execute();
    const wanted = told(claims, present);
    if (wanted !== undefined) await writeUsers(unit, [wanted], present);
  };
  await passProjectsOfPlaceholders(new Queries(orm.em.getKysely(), signal), [claims]);
  await changePeople(() => runChange(orm, author, signal, change));
}

/** The row as the claims want it; undefined for somebody unknown whose address another user has. */
function told(claims: PersonClaims, present: readonly UserRow[]): UserFacts | undefined {
  const own = rowOf(claims, present);
  const namesake = present.find(({ id }) => id !== claims.userId);
  const taken = namesake !== undefined && !namesake.placeholder;
  const email = taken ? own?.email : claims.email;
  if (email === undefined) return undefined;
  const known = own ?? namesake;
  return {
    id: claims.userId,
    email,
    first_name: claims.firstName ?? known?.first_name ?? '',
    last_name: claims.lastName ?? known?.last_name ?? '',
    role: known?.role ?? 'user',
    support_user: known?.support_user ?? false,
    disabled: known?.disabled ?? false,
    placeholder: false,
  };
}

function rowOf({ userId }: PersonClaims, present: readonly UserRow[]): UserRow | undefined {
  return present.find(({ id }) => id === userId);
}

function named({ userId, email }: PersonClaims): { id: string; email: string } {
  return { id: userId, email };
}
