import type { Call } from '../call/call.ts';
import { isAddress } from '../call/value-rule.ts';
import type { Queries } from '../database/queries.ts';
import { emailKey } from '../directory/email-key.ts';
import type { DocumentCredential } from './document.ts';
import type { ImportOptions } from './import-options.ts';
import { type AttachedCredential, attachedCredentials, knownCredentials } from './known-credentials.ts';
import { credentialKey, v2CredentialKey } from './write-keys.ts';

/** How a credential key of a document is met. */
export type CredentialFate =
  /** The project has it. */
  | { readonly kind: 'present'; readonly projectCredentialId: string }
  /** It exists and is to be attached to the project. */
  | { readonly kind: 'attach'; readonly credentialId: string }
  /** Nobody has it and it is to be made: as metadata, of a known owner or of one to be registered. */
  | {
      readonly kind: 'create';
      readonly name: string;
      readonly owner: { readonly id: string } | { readonly email: string };
    }
  | { readonly kind: 'missing' };

/**
 * How each credential of a document is met, by key: those of its section by owner and name, those that only a job
 * names by the key that one of the project's own has in either format, else by its name.
 *
 * A credential that the project lacks is attached when it is the caller's own, or the parent's, or when a service
 * imports: else anybody could use anybody's secret by writing its name into a document. Any other is as good as none,
 * so that nobody finds out what credentials others have. What is made for a user is the user's own, whoever the
 * document names.
 */
export async function credentialFates(
  read: Queries,
  call: Call,
  options: ImportOptions,
  declared: readonly DocumentCredential[],
  referenced: Iterable<string>,
): Promise<Map<string, CredentialFate>> {
  const declaredByKey = new Map(declared.map((credential) => [credential.key, credential]));
  const keys = new Set([...declaredByKey.keys(), ...referenced]);
  if (keys.size === 0) return new Map();
  const names = [...keys].map((key) => declaredByKey.get(key)?.name ?? key);
  const known = await knownCredentials(read, {
    owners: declared.map(({ owner }) => owner),
    names,
    userId: call.actorId,
  });
  const own = options.projectId === '' ? [] : await attachedCredentials(read, options.projectId);
  const ofParent = options.parentId === '' ? [] : await attachedCredentials(read, options.parentId);
  const shared = new Set(ofParent.map(({ credentialId }) => credentialId));

  const attached = index(own, (row) => identity(row.email, row.name));
  const attachedByKey = index(own, ({ email, name }) => credentialKey(email, name));
  const attachedByV2Key = index(own, ({ email, name }) => v2CredentialKey(email, name));
  const attachedByName = Map.groupBy(own, ({ name }) => name);
  const attachedById = index(own, ({ credentialId }) => credentialId);
  const byIdentity = index(known, (row) => identity(row.email, row.name));
  const byUser = index(known, (row) => identity(row.userId, row.name));

  return new Map([...keys].map((key) => [key, fateOf(key, declaredByKey.get(key))]));

  function fateOf(key: string, credential: DocumentCredential | undefined): CredentialFate {
    if (credential === undefined) {
      const present = attachedByKey.get(key) ?? attachedByV2Key.get(key) ?? only(attachedByName.get(key));
      return present === undefined ? made(key, undefined) : presentFate(present);
    }
    const { owner, name } = credential;
    const present = attached.get(identity(owner, name));
    if (present !== undefined) return presentFate(present);
    const found = byIdentity.get(identity(owner, name));
    const isAllowed =
      found !== undefined &&
      (call.principal.kind === 'service' || found.userId === call.actorId || shared.has(found.credentialId));
    return isAllowed ? { kind: 'attach', credentialId: found.credentialId } : made(name, owner);
  }

  /** What an earlier import made already is found again. */
  function made(name: string, email: string | undefined): CredentialFate {
    if (!options.createMissingCredentials) return { kind: 'missing' };
    const isOfDocument = call.principal.kind === 'service' && email !== undefined;
    if (isOfDocument)
      return isAddress(email) ? { kind: 'create', name, owner: { email } } : { kind: 'missing' };
    if (call.actorId === null) return { kind: 'missing' };
    const found = byUser.get(identity(call.actorId, name));
    if (found === undefined) return { kind: 'create', name, owner: { id: call.actorId } };
    const present = attachedById.get(found.credentialId);
    return present === undefined
      ? { kind: 'attach', credentialId: found.credentialId }
      : presentFate(present);
  }
}

function presentFate({ projectCredentialId }: AttachedCredential): CredentialFate {
  return { kind: 'present', projectCredentialId };
}

function identity(owner: string, name: string): string {
  return `${emailKey(owner)}\n${name}`;
}

/** Of several with one key the first, so that the answer is always the same. */
function index<Row>(rows: readonly Row[], key: (row: Row) => string): ReadonlyMap<string, Row> {
  return new Map(rows.toReversed().map((row) => [key(row), row]));
}

function only<Row>(rows: readonly Row[] | undefined): Row | undefined {
  return rows?.length === 1 ? rows[0] : undefined;
}
