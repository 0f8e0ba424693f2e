import { Failure } from '../call/failure.ts';

/** The form of a version's hash and of a head: the first 12 digits of a SHA-256. */
const HASH = /^[0-9a-f]{12}$/;

/**
 * Throws INVALID_ARGUMENT BAD_HASH, naming the field, unless its text is 12 lower-case hexadecimal digits.
 */
export function requireHash(field: string, text: string): void {
  if (HASH.test(text)) return;
  const description = 'must be 12 lowercase hex chars';
  throw new Failure('invalid_argument', 'BAD_HASH', `${field} ${description}`, {
    fields: [{ field, description }],
  });
}
