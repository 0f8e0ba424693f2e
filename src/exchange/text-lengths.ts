import { ADDRESS_LENGTH, characters } from '../call/value-rule.ts';

/** Characters of a name, whatever it names: far below what an index of PostgreSQL holds. */
export const NAME_LENGTH = 255;
/** Characters of a credential's key: an address, a hyphen and a name. */
export const CREDENTIAL_KEY_LENGTH = ADDRESS_LENGTH + 1 + NAME_LENGTH;
/** Characters of a project's description. */
export const DESCRIPTION_LENGTH = 240;
/** Characters of a cron expression. */
export const CRON_LENGTH = 255;

/** What is wrong with a text that has more characters than it may have; undefined for any other. */
export function tooLong(text: string, most: number): string | undefined {
  // It has at most as many characters as code units.
  const count = text.length <= most ? 0 : characters(text);
  return count <= most ? undefined : `has ${count} characters, at most ${most} are allowed`;
}
