import { Failure } from '../call/failure.ts';
import type { Problem } from './read-problems.ts';

/** The failure of a document with errors: every one with its place. Nothing was written. */
export function documentInvalid(errors: readonly Problem[]): Failure {
  const fields = errors.map(({ path, line, column, message, reason }) => ({
    field: path === '' ? 'yaml' : path,
    description: `${line}:${column} ${message}`,
    rule: reason,
  }));
  const [first] = fields;
  const more = fields.length > 1 ? `, and ${fields.length - 1} more` : '';
  return new Failure(
    'invalid_argument',
    'DOCUMENT_INVALID',
    `the document cannot be imported; nothing was changed. ${first?.description} (${first?.field})${more}`,
    { fields },
  );
}
