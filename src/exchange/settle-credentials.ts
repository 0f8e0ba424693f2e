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
  const made = await createCredentials(unit, fates, ownerOf);

  const ids = new Map<string, string>();
  const credentialIds = new Map<string, string>();
  for (const [key, fate] of fates) {
    if (fate.kind === 'present') ids.set(key, fate.projectCredentialId);
    if (fate.kind === 'attach') credentialIds.set(key, fate.credentialId);
    if (fate.kind === 'create') credentialIds.set(key, made.get(identity(ownerOf(fate), fate.name)) ?? '');
  }
  counts.unchanged.credentials += new Set(ids.values()).size;
  const attached = await attach(unit, projectId, [...new Set(credentialIds.values())]);
  for (const [key, id] of credentialIds) ids.set(key, attached.get(id) ?? '');
  counts.created.credentials += made.size;
  counts.updated.credentials += attached.size - made.size;
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

/** Answers the new credentials' ids by {@link identity}. Two keys may mean one credential. */
async function createCredentials(
  unit: UnitOfWork,
  fates: ReadonlyMap<string, CredentialFate>,
  ownerOf: (fate: CreateFate) => string,
): Promise<ReadonlyMap<string, string>> {
  const made = new Map<string, CredentialFacts>();
  for (const fate of fates.values()) {
    if (fate.kind !== 'create') continue;
    const [userId, { name }] = [ownerOf(fate), fate];
    const key = identity(userId, name);
    if (made.has(key)) continue;
    made.set(key, { id: uuid(unit.now), user_id: userId, name, schema: 'raw', oauth_client_id: null });
  }
  if (made.size === 0) return new Map();
  const rows = [...made.values()];
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
  return new Map([...made].map(([key, { id }]) => [key, id]));
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
