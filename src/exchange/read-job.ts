import type { Fields } from './read-fields.ts';
import { quote } from './read-problems.ts';

/** What Lightning gives a job that names no adaptor. */
const DEFAULT_ADAPTOR = '@openfn/language-common@latest';

/** The adaptor of a job, or the default and a warning. A blank one is none, as it is for Lightning. */
export function adaptorOf(adaptor: string | undefined, key: string, fields: Fields): string {
  if (adaptor?.trim()) return adaptor;
  const message = `job ${quote(key)} has no adaptor: it gets ${DEFAULT_ADAPTOR}`;
  fields.log.warning(fields.place, 'MISSING_ADAPTOR', message);
  return DEFAULT_ADAPTOR;
}

/** The body of a job that has none: empty, with a warning. */
export function missingBody(key: string, fields: Fields): string {
  fields.log.warning(fields.place, 'MISSING_BODY', `job ${quote(key)} has no body`);
  return '';
}
