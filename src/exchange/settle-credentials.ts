import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { v7 as uuid } from '../database/uuid.ts';
import type { CredentialFacts } from '../directory/credential-message.ts';
import { emailKey } from '../directory/email-key.ts';
import { registerPlaceholders } from '../directory/register-placeholders.ts';
import { rowChanges } from '../directory/row-changes.ts';
import type { CredentialFate } from './credential-fates.ts';
import type { Counts } from './import-counts.ts';

type CreateFate = Extract<CredentialFate, { kind: 'create' }>;

/**
 * Makes and attaches what the fates say: a constant number of statements. Answers the project credential of
 * each key that has one.
 */
export async function settleCredentials(
  unit: UnitOfWork,
  projectId: string,
  fates: ReadonlyMap<string, CredentialFate>,
  counts: Counts,
): Promise<ReadonlyMap<string, string>> {
  const owners = await registerOwners(unit, fates);
  const ownerOf = ({ owner }: CreateFate) =>
    'id' in owner ? owner.id : (owners.get(emailKey(owner.email)) ?? '');
  const created = await createCredentials(unit, fates, ownerOf);

  const ids = new Map<string, string>();
  const credentialIds = new Map<string, string>();
  for (const [key, fate] of fates) {
    if (fate.kind === 'present') ids.set(key, fate.projectCredentialId);
    if (fate.kind === 'attach') credentialIds.set(key, fate.credentialId);
    if (fate.kind === 'create')
      credentialIds.set(key, created.ids.get(identity(ownerOf(fate), fate.name)) ?? '');
  }
  counts.unchanged.credentials += new Set(ids.values()).size;
  const attached = await attach(unit, projectId, [...new Set(credentialIds.values())]);
  for (const [key, id] of credentialIds) ids.set(key, attached.get(id) ?? '');
  counts.created.credentials += created.made;
  counts.updated.credentials += attached.size - created.made;
  return ids;
}

async function attach(
  unit: UnitOfWork,
  projectId: string,
  credentialIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (credentialIds.length === 0) return new Map();
  const ids = credentialIds.map(() => uuid(unit.now));
  await sql`
    insert into project_credentials (id, project_id, credential_id)
    select id, ${projectId}::uuid, credential_id
    from unnest(${ids}::uuid[], ${credentialIds}::uuid[]) as new (id, credential_id)`.execute(unit.db);
  return new Map(credentialIds.map((credentialId, index) => [credentialId, ids[index] ?? '']));
}

/** What the new credentials are known by, new or made by another import meanwhile. */
interface Created {
  /** Ids by {@link identity}. */
  readonly ids: ReadonlyMap<string, string>;
  /** How many are new. */
  readonly made: number;
}

/** Makes credentials; two keys may mean one. What another import has made since the fates were read is taken. */
async function createCredentials(
  unit: UnitOfWork,
  fates: ReadonlyMap<string, CredentialFate>,
  ownerOf: (fate: CreateFate) => string,
): Promise<Created> {
  const wanted = new Map<string, CredentialFacts>();
  for (const fate of fates.values()) {
    if (fate.kind !== 'create') continue;
    const [userId, { name }] = [ownerOf(fate), fate];
    const key = identity(userId, name);
    if (wanted.has(key)) continue;
    wanted.set(key, { id: uuid(unit.now), user_id: userId, name, schema: 'raw', oauth_client_id: null });
  }
  if (wanted.size === 0) return { ids: new Map(), made: 0 };
  const present = await presentCredentials(unit, [...wanted.values()]);
  const rows = [...wanted].flatMap(([key, row]) => (present.has(key) ? [] : [row]));
  await sql`
    insert into credentials (id, user_id, name, schema)
    select id, user_id, name, schema
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as new (id uuid, user_id uuid, name text, schema text)`.execute(
    unit.db,
  );
  for (const row of rows) {
    const changes = rowChanges(undefined, row) ?? {};
    unit.record({
      kind: 'credentials_changed',
      projectId: null,
      itemType: 'credential',
      itemId: row.id,
      changes,
    });
  }
  return {
    ids: new Map([...wanted].map(([key, { id }]) => [key, present.get(key) ?? id])),
    made: rows.length,
  };
}

/** The class of the advisory locks under which credentials of the same owner are made in turn; "cred" in ASCII. */
const OWNER_LOCKS = 0x63726564;
/** Owners share so many locks: a document may name more owners than a transaction can hold locks. A power of two. */
const LOCKS = 256;

/**
 * Those that there are of the credentials, by {@link identity}, the oldest of each. Until the transaction ends no other
 * import makes any of these owners'.
 */
async function presentCredentials(
  unit: UnitOfWork,
  credentials: readonly CredentialFacts[],
): Promise<ReadonlyMap<string, string>> {
  const users = credentials.map(({ user_id }) => user_id);
  const names = credentials.map(({ name }) => name);
  await sql`
    select pg_advisory_xact_lock(${OWNER_LOCKS}, lock) from (
      select distinct hashtext(owner) & ${LOCKS - 1} as lock from unnest(${users}::text[]) as owner order by lock
    ) locks`.execute(unit.db);
  const { rows } = await sql<{ id: string; user_id: string; name: string }>`
    select distinct on (user_id, name) id, user_id, name
    from credentials join unnest(${users}::uuid[], ${names}::text[]) as wanted (user_id, name) using (user_id, name)
    order by user_id, name, id`.execute(unit.db);
  return new Map(rows.map(({ id, user_id, name }) => [identity(user_id, name), id]));
}

/**
 * Registers people whom only the document knows, so that what they own is exported under their address again.
 * Answers the ids, by {@link emailKey}, of everybody for whom something is made. The directory's lock is not
 * taken, since an import may last long.
 */
async function registerOwners(
  unit: UnitOfWork,
  fates: ReadonlyMap<string, CredentialFate>,
): Promise<ReadonlyMap<string, string>> {
  const owners = [...fates.values()].flatMap((fate) =>
    fate.kind === 'create' && 'email' in fate.owner
      ? [{ email: fate.owner.email, firstName: '', lastName: '' }]
      : [],
  );
  const users = await registerPlaceholders(unit, owners);
  return new Map([...users].map(([key, { id }]) => [key, id]));
}

function identity(userId: string, name: string): string {
  return `${userId}\n${name}`;
}
