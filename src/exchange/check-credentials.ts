import type { CredentialFate } from './credential-fates.ts';
import type { Place } from './document.ts';
import { type ProblemLog, quote } from './read-problems.ts';

/** The credentials of a document, and where each is named. */
export interface NamedCredentials {
  /** Where the section declares them, by key. */
  readonly declared: ReadonlyMap<string, Place>;
  /** Where a job first names them, by key. */
  readonly referenced: ReadonlyMap<string, Place>;
}

/**
 * Logs what is wrong with a document's credentials: an error for each that a job needs and does not get, a warning for
 * each that is declared only.
 *
 * @param mayCreate whether the import makes credentials that nobody has
 */
export function checkCredentials(
  fates: ReadonlyMap<string, CredentialFate>,
  { declared, referenced }: NamedCredentials,
  mayCreate: boolean,
  log: ProblemLog,
): void {
  for (const [key, { kind }] of fates) {
    if (kind !== 'missing' && kind !== 'foreign') continue;
    const reason = kind === 'foreign' ? 'CREDENTIAL_NOT_SHARED' : 'CREDENTIAL_UNKNOWN';
    const message = `credential ${quote(key)} ${kind === 'foreign' ? NOT_SHARED : whyMissing(declared.has(key), mayCreate)}`;
    const use = referenced.get(key);
    const declaration = declared.get(key);
    if (use !== undefined) log.error(use, reason, message);
    else if (declaration !== undefined)
      log.warning(declaration, reason, `${message}; no job uses it, it is left out`);
  }
}

/** What is told of a credential that is neither the caller's own nor the project's. */
export const NOT_SHARED = 'belongs to somebody who has not shared it with the project';

function whyMissing(isDeclared: boolean, mayCreate: boolean): string {
  if (mayCreate) {
    return isDeclared
      ? 'cannot be made: its owner is no e-mail address'
      : 'cannot be made: no section says whose it is, and nobody acts whose it could be';
  }
  const why = isDeclared
    ? 'has an owner or a name that is unknown'
    : 'is declared by no credentials section, and the project has none of that key';
  return `${why}; create_missing_credentials makes it`;
}
