import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { emailKey } from '../directory/email-key.ts';
import type { Counts } from '../exchange/import-counts.ts';
import {
  attachedCredentials,
  type KnownCredential,
  knownCredentials,
} from '../exchange/known-credentials.ts';
import type { PostedState } from './posted-state.ts';
import { TAKEN, takenIds } from './taken-ids.ts';

/** What becomes of a posted state's credentials. */
export interface CredentialPlan {
  /** Ids of project credentials by the id that the state gives them; those that are refused are among them. */
  readonly ids: ReadonlyMap<string, string>;
  /** Credentials that the project gets, under the ids that the state gives their use. */
  readonly attached: readonly { readonly id: string; readonly credentialId: string }[];
}

const OWNERLESS = 'must be given by a service, which has no credentials of its own';

/**
 * Finds the credentials that a state brings: those that the project lacks are found by name among the caller's own, as
 * in Lightning, also when nobody is said to own them; a service may bring anybody's. Unlike Lightning it refuses others'
 * instead of passing over them, in the words for one that nobody has. One that the project has under another id is that one.
 */
export async function planCredentials(
  unit: UnitOfWork,
  { principal, actorId }: Call,
  projectId: string | undefined,
  { credentials }: PostedState,
): Promise<CredentialPlan> {
  const present = projectId === undefined ? [] : await attachedCredentials(unit.db, projectId);
  const ids = new Map(present.map(({ projectCredentialId: id }) => [id, id]));
  const byCredential = new Map(present.map((row) => [row.credentialId, row.projectCredentialId]));
  const attached: { id: string; credentialId: string }[] = [];
  const fresh = credentials.filter(({ id }) => !ids.has(id));
  const known = byOwner(await knownOf(unit, fresh, actorId));
  const mayBring = ({ userId }: KnownCredential) => principal.kind === 'service' || userId === actorId;

  for (const { id, name, owner, errors } of fresh) {
    // What is wrong with it is told here alone, and not of each job that uses it.
    ids.set(id, id);
    const found = known.get(ownedKey(name, owner === undefined ? actorId : emailKey(owner)));
    const other = found === undefined ? undefined : byCredential.get(found.credentialId);
    if (found === undefined || (other === undefined && !mayBring(found))) {
      if (owner === undefined && actorId === null) errors.add('owner', OWNERLESS);
      else errors.add('credential', `No credential found with name ${name}`);
      continue;
    }
    if (other !== undefined) ids.set(id, other);
    else {
      attached.push({ id, credentialId: found.credentialId });
      byCredential.set(found.credentialId, id);
    }
  }
  const attachedIds = attached.map(({ id }) => id);
  const taken = await takenIds(unit, 'project_credentials', attachedIds);
  for (const { id, errors } of credentials) if (taken.has(id)) errors.add('id', TAKEN);
  return { ids, attached };
}

/** Credentials by their name and their owner's id, and by their name and their owner's address. */
function byOwner(known: readonly KnownCredential[]): ReadonlyMap<string, KnownCredential> {
  return new Map(
    // Of several alike the oldest, which is the last to be set.
    known
      .toReversed()
      .flatMap((row) => [
        [ownedKey(row.name, row.userId), row] as const,
        [ownedKey(row.name, emailKey(row.email)), row] as const,
      ]),
  );
}

function ownedKey(name: string, owner: string | null): string {
  return JSON.stringify([name, owner]);
}

async function knownOf(
  unit: UnitOfWork,
  posted: PostedState['credentials'],
  actorId: string | null,
): Promise<readonly KnownCredential[]> {
  if (posted.length === 0) return [];
  const owners = posted.flatMap(({ owner }) => owner ?? []);
  const names = posted.map(({ name }) => name);
  return await knownCredentials(unit.db, { owners, names, userId: actorId });
}

/** Attaches what the plan brings; the project must be locked. */
export async function attachCredentials(
  unit: UnitOfWork,
  projectId: string,
  { attached }: CredentialPlan,
  counts: Counts,
): Promise<void> {
  counts.updated.credentials += attached.length;
  if (attached.length === 0) return;
  await sql`
    insert into project_credentials (id, project_id, credential_id)
    select id, ${projectId}::uuid, credential_id
    from unnest(${attached.map(({ id }) => id)}::uuid[],
                ${attached.map(({ credentialId }) => credentialId)}::uuid[]) as new (id, credential_id)`.execute(
    unit.db,
  );
}
