import type { Fields } from './read-fields.ts';
import { quote } from './read-problems.ts';

/** 4.0, and its drafts. */
const KNOWN = /^4(?:\.0)?(?:-.*)?$/;

/** A warning when a document of format v2 says that it is of a version that is not known here. */
export function checkSchemaVersion(fields: Fields): void {
  const version = fields.reference('schema_version');
  if (version === undefined || KNOWN.test(version.key)) return;
  const message = `version ${quote(version.key)} of the format is not known here: it is read as 4.0`;
  fields.log.warning(version.place, 'UNKNOWN_SCHEMA_VERSION', message);
}
