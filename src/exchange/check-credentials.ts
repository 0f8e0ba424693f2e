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
    if (kind !== 'missing') continue;
    const message = `credential ${quote(key)} ${whyMissing(declared.has(key), mayCreate)}`;
    const use = referenced.get(key);
    const declaration = declared.get(key);
    if (use !== undefined) log.error(use, REASON, message);
    else if (declaration !== undefined)
      log.warning(declaration, REASON, `${message}; no job uses it, it is left out`);
  }
}

const REASON = 'CREDENTIAL_UNKNOWN';

function whyMissing(isDeclared: boolean, mayCreate: boolean): string {
  if (mayCreate) {
    return isDeclared
      ? 'cannot be made: its owner is no e-mail address'
      : 'cannot be made: no section says whose it is, and nobody acts whose it could be';
  }
  const why = isDeclared
    ? 'has an owner or a name that is unknown, or an owner who has not shared it with the project'
    : 'is declared by no credentials section, and the project has none of that key';
  return `${why}; create_missing_credentials makes it`;
}
