import type { Call } from '../call/call.ts';
import type { Queries } from '../database/queries.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { v7 as uuid } from '../database/uuid.ts';
import type { DocumentCredential } from './document.ts';
import type { ImportOptions } from './import-options.ts';
import { credentialKey } from './write-keys.ts';

/** How a credential key of a document is met. */
export type CredentialFate =
  /** The project has it. */
  | { readonly kind: 'present'; readonly projectCredentialId: string }
  /** It exists and is to be attached to the project. */
  | { readonly kind: 'attach'; readonly credentialId: string }
  /** Nobody has it and it is to be made: as metadata, of a known owner or of one to be registered. */
  | { readonly kind: 'create'; readonly name: string; readonly owner: { readonly id: string } | { readonly email: string } }
  /** It exists, but is somebody else's who did not share it with the project. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'missing' };

/**
 * How each credential of a document is met, by key: those of its section by owner and name, those that only a job
 * names by the keys of the project's own.
 *
 * A credential that the project lacks is attached when it is the caller's own, or the parent's, or when a service
 * imports: else anybody could use anybody's secret by writing its name into a document.
 */
export async function credentialFates(
  read: Queries,
  call: Call,
  options: ImportOptions,
  declared: readonly DocumentCredential[],
  referenced: ReadonlySet<string>,
): Promise<Map<string, CredentialFate>> {
  const shared = await sharedCredentials(read, options);
  const known = await knownCredentials(read, declared);
  const owners = await ownersByEmail(read, declared);
  const fates = new Map<string, CredentialFate>();
  const declaredKeys = new Map(declared.map((credential) => [credential.key, credential]));

  for (const key of new Set([...declaredKeys.keys(), ...referenced])) {
    const credential = declaredKeys.get(key);
    const ownKey = credential === undefined ? key : credentialKey(credential.owner.toLowerCase(), credential.name);
    const own = shared.present.get(ownKey);
    if (own !== undefined) fates.set(key, { kind: 'present', projectCredentialId: own });
    else fates.set(key, fateOf(credential, key));
  }
  return fates;

  function fateOf(credential: DocumentCredential | undefined, key: string): CredentialFate {
    const found = credential === undefined ? undefined : known.get(identity(credential));
    if (found !== undefined) {
      const allowed =
        call.principal.kind === 'service' || found.userId === call.actorId || shared.ofParent.has(found.id);
      return allowed ? { kind: 'attach', credentialId: found.id } : { kind: 'foreign' };
    }
    if (!options.createMissingCredentials) return { kind: 'missing' };
    const name = credential?.name ?? key;
    const ownerId = credential === undefined ? undefined : owners.get(credential.owner.toLowerCase());
    if (call.principal.kind === 'user') return { kind: 'create', name, owner: { id: call.principal.userId } };
    if (ownerId !== undefined) return { kind: 'create', name, owner: { id: ownerId } };
    if (credential !== undefined) return { kind: 'create', name, owner: { email: credential.owner } };
    return call.actorId === null ? { kind: 'missing' } : { kind: 'create', name, owner: { id: call.actorId } };
  }
}

/**
 * Makes and attaches what the fates say. Answers the project credential of each key, and how many credentials were
 * made.
 */
export async function settleCredentials(
  unit: UnitOfWork,
  projectId: string,
  fates: ReadonlyMap<string, CredentialFate>,
): Promise<{ readonly ids: ReadonlyMap<string, string>; readonly created: number; readonly attached: number }> {
  const ids = new Map<string, string>();
  const attach: { key: string; credentialId: string }[] = [];
  const create: { id: string; name: string; userId: string }[] = [];
  const registered = await registerOwners(unit, fates);
  for (const [key, fate] of fates) {
    if (fate.kind === 'present') ids.set(key, fate.projectCredentialId);
    if (fate.kind === 'attach') attach.push({ key, credentialId: fate.credentialId });
    if (fate.kind === 'create') {
      const userId = 'id' in fate.owner ? fate.owner.id : (registered.get(fate.owner.email.toLowerCase()) ?? '');
      const twin = create.find((other) => other.name === fate.name && other.userId === userId);
      const id = twin?.id ?? uuid(unit.now);
      if (twin === undefined) create.push({ id, name: fate.name, userId });
      attach.push({ key, credentialId: id });
    }
  }
  if (create.length > 0) {
    await unit.db
      .insertInto('credentials')
      .values(create.map(({ id, name, userId }) => ({ id, name, user_id: userId, schema: 'raw' })))
      .execute();
  }
  if (attach.length > 0) {
    const credentialIds = [...new Set(attach.map(({ credentialId }) => credentialId))];
    const rows = await unit.db
      .insertInto('project_credentials')
      .values(credentialIds.map((id) => ({ id: uuid(unit.now), project_id: projectId, credential_id: id })))
      .returning(['id', 'credential_id'])
      .execute();
    const byCredential = new Map(rows.map((row) => [row.credential_id, row.id]));
    for (const { key, credentialId } of attach) ids.set(key, byCredential.get(credentialId) ?? '');
  }
  return { ids, created: create.length, attached: attach.length - create.length };
}

/** People whom only the document knows, so that what they own is exported under their address again. */
async function registerOwners(
  unit: UnitOfWork,
  fates: ReadonlyMap<string, CredentialFate>,
): Promise<ReadonlyMap<string, string>> {
  const emails = new Map<string, string>();
  for (const fate of fates.values()) {
    if (fate.kind === 'create' && 'email' in fate.owner) emails.set(fate.owner.email.toLowerCase(), fate.owner.email);
  }
  if (emails.size === 0) return new Map();
  const users = [...emails.values()].map((email) => ({ id: uuid(unit.now), email }));
  await unit.db.insertInto('users').values(users).execute();
  return new Map(users.map(({ id, email }) => [email.toLowerCase(), id]));
}

/** The project's credentials by key, and the ids of those that a new sandbox's parent has. */
async function sharedCredentials(read: Queries, { projectId, parentId }: ImportOptions) {
  const of = projectId === '' ? parentId : projectId;
  const rows =
    of === ''
      ? []
      : await read
          .selectFrom('project_credentials')
          .innerJoin('credentials', 'credentials.id', 'project_credentials.credential_id')
          .innerJoin('users', 'users.id', 'credentials.user_id')
          .select(['project_credentials.id', 'credentials.id as credential_id', 'credentials.name', 'users.email'])
          .where('project_credentials.project_id', '=', of)
          .execute();
  const present = new Map<string, string>();
  for (const row of rows) {
    present.set(credentialKey(row.email, row.name), row.id);
    present.set(credentialKey(row.email.toLowerCase(), row.name), row.id);
  }
  return {
    present: projectId === '' ? new Map<string, string>() : present,
    ofParent: new Set(projectId === '' ? rows.map((row) => row.credential_id) : []),
  };
}

interface KnownCredential {
  readonly id: string;
  readonly userId: string;
}

async function knownCredentials(
  read: Queries,
  declared: readonly DocumentCredential[],
): Promise<Map<string, KnownCredential>> {
  if (declared.length === 0) return new Map();
  const rows = await read
    .selectFrom('credentials')
    .innerJoin('users', 'users.id', 'credentials.user_id')
    .select(['credentials.id', 'credentials.name', 'credentials.user_id', 'users.email'])
    .where((where) => where(where.fn<string>('lower', ['users.email']), 'in', emailsOf(declared)))
    .where('credentials.name', 'in', [...new Set(declared.map(({ name }) => name))])
    .orderBy('credentials.id', 'desc')
    .execute();
  // Of several with one name the oldest is taken, so that the answer is always the same.
  return new Map(
    rows.map((row) => [identity({ owner: row.email, name: row.name }), { id: row.id, userId: row.user_id }]),
  );
}

async function ownersByEmail(
  read: Queries,
  declared: readonly DocumentCredential[],
): Promise<ReadonlyMap<string, string>> {
  if (declared.length === 0) return new Map();
  const rows = await read
    .selectFrom('users')
    .select(['id', 'email'])
    .where((where) => where(where.fn<string>('lower', ['email']), 'in', emailsOf(declared)))
    .execute();
  return new Map(rows.map(({ id, email }) => [email.toLowerCase(), id]));
}

function emailsOf(declared: readonly DocumentCredential[]): string[] {
  return [...new Set(declared.map(({ owner }) => owner.toLowerCase()))];
}

function identity({ owner, name }: { readonly owner: string; readonly name: string }): string {
  return `${owner.toLowerCase()}\n${name}`;
}
