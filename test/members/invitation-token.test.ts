import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { holdsDigest, newInvitationToken, readInvitationToken } from '../../src/members/invitation-token.ts';

describe("An invitation's token", () => {
  it('names its invitation, and its digest is the one that was made with it', () => {
    const id = randomUUID();
    const { token, digest } = newInvitationToken(id);
    expect(token).toMatch(/^[\w-]{64}$/);
    expect(readInvitationToken(token)).toEqual({ invitationId: id, digest });
  });

  it('is another one each time', () => {
    const id = randomUUID();
    const [first, second] = [newInvitationToken(id), newInvitationToken(id)];
    expect(first.token).not.toBe(second.token);
    expect(first.digest.equals(second.digest)).toBe(false);
  });

  it.each(['', 'x', 'a'.repeat(63), 'a'.repeat(256), randomUUID()])('is not %j', (text) => {
    expect(readInvitationToken(text)).toBeUndefined();
  });

  it('is found among the digests of all tokens of its invitation', () => {
    const digests = Array.from({ length: 3 }, () => randomBytes(32));
    for (const digest of digests) expect(holdsDigest(Buffer.concat(digests), digest)).toBe(true);
    expect(holdsDigest(Buffer.concat(digests), randomBytes(32))).toBe(false);
    expect(holdsDigest(new Uint8Array(), randomBytes(32))).toBe(false);
  });
});
