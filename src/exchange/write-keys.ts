import { Failure } from '../call/failure.ts';
import type { TriggerType } from './document.ts';

/** The key of a workflow, job or collection: every single space becomes a hyphen, nothing else changes. */
export function documentKey(name: string): string {
  return name.replaceAll(' ', '-');
}

/** @param owner the e-mail address of the credential's owner */
export function credentialKey(owner: string, name: string): string {
  return documentKey(`${owner}-${name}`);
}

/** How the jobs of format v2 name a credential, whose lists have no keys. */
export function v2CredentialKey(owner: string, name: string): string {
  return `${owner}|${name}`;
}

/**
 * Keys of a workflow's triggers in their order: the type; a second one of the same type gets `-2`.
 *
 * @param others keys of what shares their name space: the first of a type that is called so gets a number too
 */
export function triggerKeys(types: readonly TriggerType[], others: readonly string[] = []): string[] {
  return numbered(types, others);
}

/**
 * Keys of a workflow's edges in their order: `<source>-><target>`; a second one of the same ends gets `-2`.
 *
 * @param ends keys of the trigger or job where an edge starts and of the job where it ends
 */
export function edgeKeys(ends: readonly { readonly source: string; readonly target: string }[]): string[] {
  return numbered(ends.map(({ source, target }) => `${source}->${target}`));
}

/** A number is skipped when some other key already looks like that: a job may be called `b-2`. */
function numbered(keys: readonly string[], others: readonly string[] = []): string[] {
  const taken = new Set([...keys, ...others]);
  const lastNumbers = new Map(others.map((key) => [key, 1]));
  return keys.map((key) => {
    const last = lastNumbers.get(key);
    if (last === undefined) {
      lastNumbers.set(key, 1);
      return key;
    }
    let number = last + 1;
    while (taken.has(`${key}-${number}`)) number += 1;
    lastNumbers.set(key, number);
    taken.add(`${key}-${number}`);
    return `${key}-${number}`;
  });
}

/** Something of a document that has a name, and the key that the name gave. */
export interface Named {
  readonly key: string;
  readonly name: string;
}

/** Two names give one key, so that the document could hold only one of them. */
export class DuplicateKeyError extends Failure {
  /** @param where path of the map that would hold both, e.g. `workflows.my-flow.jobs` */
  constructor(where: string, first: Named, second: Named) {
    const names = [first.name, second.name].map((name) => JSON.stringify(name)).join(' and ');
    super(
      'failed_precondition',
      'DUPLICATE_KEY',
      `${where}: ${names} would both be exported as ${JSON.stringify(first.key)}: rename one of them`,
      { metadata: { where, key: first.key, first_name: first.name, second_name: second.name } },
    );
    this.name = 'DuplicateKeyError';
  }
}

/** @throws {DuplicateKeyError} for the first two entries that share a key */
export function requireDistinctKeys(where: string, entries: readonly Named[]): void {
  const byKey = new Map<string, Named>();
  for (const entry of entries) {
    const earlier = byKey.get(entry.key);
    if (earlier !== undefined) throw new DuplicateKeyError(where, earlier, entry);
    byKey.set(entry.key, entry);
  }
}
