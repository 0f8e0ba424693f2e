import { invalidArgument } from './failure.ts';
import { tokenBytes } from './token-bytes.ts';

/** The header, of an answer and of a request, that carries a token. */
export const CONSISTENCY_TOKEN = 'consistency-token';

/** The first byte of a token: how the others are to be read. */
const VERSION = 1;
const BYTES = 9;

/** The token for everything that is in the database's log up to a position, in bytes from its beginning. */
export function writeConsistencyToken(position: bigint): string {
  const bytes = Buffer.alloc(BYTES, VERSION);
  bytes.writeBigUInt64BE(position, 1);
  return bytes.toString('base64url');
}

/**
 * The position that a read must have reached for the header's value; undefined without one. Of several tokens, comma
 * separated, the latest counts: who was told of changes by others may send all that it was given.
 *
 * @throws Failure INVALID_ARGUMENT that names the header
 */
export function readConsistencyToken(header: string | null): bigint | undefined {
  if (header === null) return undefined;
  let latest = 0n;
  for (const token of header.split(',')) {
    const position = positionOf(token.trim());
    if (position > latest) latest = position;
  }
  return latest;
}

function positionOf(token: string): bigint {
  const bytes = tokenBytes(token);
  if (bytes?.length === BYTES && bytes[0] === VERSION) return bytes.readBigUInt64BE(1);
  throw invalidArgument([
    {
      field: CONSISTENCY_TOKEN,
      description: 'must be as a changing call answered it; leave it out where any state will do',
    },
  ]);
}
