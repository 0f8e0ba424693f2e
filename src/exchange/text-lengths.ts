import { ADDRESS_LENGTH } from '../call/value-rule.ts';

/** Characters of a name, whatever it names: far below what an index of PostgreSQL holds. */
export const NAME_LENGTH = 255;
/** Characters of a credential's key: an address, a hyphen and a name. */
export const CREDENTIAL_KEY_LENGTH = ADDRESS_LENGTH + 1 + NAME_LENGTH;
/** Characters of a project's description. */
export const DESCRIPTION_LENGTH = 240;
/** Characters of a cron expression. */
export const CRON_LENGTH = 255;
