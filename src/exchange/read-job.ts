import type { BodyFiles } from './read-body.ts';
import type { Fields } from './read-fields.ts';
import { quote } from './read-problems.ts';
import type { Value } from './read-value.ts';

/** What Lightning gives a job that names no adaptor. */
const DEFAULT_ADAPTOR = '@openfn/language-common@latest';

/** The adaptor of a job, or the default and a warning. */
export function adaptorOf(adaptor: string | undefined, key: string, fields: Fields): string {
  if (adaptor !== undefined) return adaptor;
  const message = `job ${quote(key)} has no adaptor: it gets ${DEFAULT_ADAPTOR}`;
  fields.log.warning(fields.place, 'MISSING_ADAPTOR', message);
  return DEFAULT_ADAPTOR;
}

/** The body of a job as `read` finds it, or an empty one and a warning. */
export function bodyOrNone(
  value: Value | undefined,
  key: string,
  fields: Fields,
  files: BodyFiles,
  read: (value: Value, files: BodyFiles) => string,
): string {
  if (value !== undefined) return read(value, files);
  fields.log.warning(fields.place, 'MISSING_BODY', `job ${quote(key)} has no body`);
  return '';
}
