import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Bytes of the part that has to be guessed. */
const SECRET_BYTES = 32;
/** Bytes of its SHA-256. */
const DIGEST_BYTES = 32;

/** A token as somebody presents it. */
export interface PresentedToken {
  /** The invitation that it says it is of, which is no secret. */
  readonly invitationId: string;
  /** SHA-256 of its secret. */
  readonly digest: Buffer;
}

/**
 * A new token of an invitation: the text for the mail, and the digest for the database, which holds nothing
 * else.
 */
export function newInvitationToken(invitationId: string): {
  readonly token: string;
  readonly digest: Buffer;
} {
  const secret = randomBytes(SECRET_BYTES);
  const id = Buffer.from(invitationId.replaceAll('-', ''), 'hex');
  return { token: Buffer.concat([id, secret]).toString('base64url'), digest: sha256(secret) };
}

/** Takes a token apart; undefined for a text that cannot be one. */
export function readInvitationToken(text: string): PresentedToken | undefined {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== 16 + SECRET_BYTES) return undefined;
  const invitationId = bytes
    .toString('hex', 0, 16)
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return { invitationId, digest: sha256(bytes.subarray(16)) };
}

/**
 * Whether one of the digests, which stand one after the other, is this one. How long it takes says nothing of
 * how near a guess came.
 */
export function holdsDigest(digests: Uint8Array, digest: Uint8Array): boolean {
  let found = false;
  for (let start = 0; start < digests.length; start += DIGEST_BYTES) {
    const same = timingSafeEqual(digests.subarray(start, start + DIGEST_BYTES), digest);
    found ||= same;
  }
  return found;
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
