import { Failure } from './failure.ts';

/** The etag of a row: it changes with every update of the row (AIP-154). */
export function etagOf(id: string, lockVersion: number): string {
  return `"${id.slice(0, 8)}-${lockVersion}"`;
}

/**
 * Refuses with ABORTED when the caller's etag is not the present one; an empty etag protects nothing.
 *
 * @param field where the request has it
 */
export function checkEtag(given: string, present: string, field = 'etag'): void {
  if (given === '' || given === present) return;
  throw new Failure(
    'aborted',
    'ETAG_MISMATCH',
    `${field} is not the present one: somebody changed the project meanwhile; read it again and repeat`,
    { metadata: { current_etag: present } },
  );
}
