import { Failure } from '../call/failure.ts';
import type { Problem } from './read-problems.ts';

/** Characters of a path that a message shows: it is sent in a header, which must stay small. */
const SHOWN_PATH = 120;

/** The failure of a document with errors: every one with its place. Nothing was written. */
export function documentInvalid(errors: readonly Problem[]): Failure {
  const fields = errors.map(({ path, line, column, message, reason }) => ({
    field: path === '' ? 'yaml' : path,
    description: `${line}:${column} ${message}`,
    rule: reason,
  }));
  const [first] = fields;
  // One that counts others stands for all of them.
  const count = errors.reduce((sum, { more = 1 }) => sum + more, 0);
  const rest = count > 1 ? `, and ${count - 1} more` : '';
  const told = `${first?.description} (${first?.field.slice(0, SHOWN_PATH)})${rest}`;
  return new Failure(
    'invalid_argument',
    'DOCUMENT_INVALID',
    `the document cannot be imported; nothing was changed. ${told}`,
    { fields },
  );
}
