import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Failure } from '../../src/call/failure.ts';
import { type Authenticate, authenticator } from '../../src/rpc/authenticate.ts';

const userId = randomUUID();

interface Key {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

async function aKey(kid: string, alg = 'ES256'): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

function signed({ kid, alg, privateKey }: Key): Promise<string> {
  return new SignJWT({ sub: userId })
    .setProtectedHeader({ alg, kid })
    .setExpirationTime('1h')
    .sign(privateKey);
}

/** The issuer: publishes keys, and counts how often they are read. */
interface Issuer {
  readonly server: Server;
  readonly url: URL;
  keys: readonly JWK[];
  status: number;
  reads: number;
}

async function openIssuer(): Promise<Issuer> {
  const server = createServer((_, response) => {
    issuer.reads += 1;
    response.writeHead(issuer.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: issuer.keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server that listens on TCP has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  const issuer: Issuer = {
    server,
    url: new URL(`http://127.0.0.1:${port}/keys`),
    keys: [],
    status: 200,
    reads: 0,
  };
  return issuer;
}

function close({ server }: Issuer): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

async function reason(authenticate: Authenticate, token: string): Promise<string> {
  try {
    await authenticate(`Bearer ${token}`);
  } catch (error) {
    if (error instanceof Failure) return `${error.kind} ${error.reason}`;
    throw error;
  }
  return 'accepted';
}

describe('With the keys that an issuer publishes', () => {
  let issuer: Issuer;
  let authenticate: Authenticate;

  beforeEach(async () => {
    issuer = await openIssuer();
    authenticate = authenticator({ key: { jwksUrl: issuer.url }, issuer: undefined, audience: undefined });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await close(issuer);
  });

  it.each(['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'])(
    'a token signed with %s is accepted',
    async (alg) => {
      const key = await aKey('one', alg);
      issuer.keys = [key.jwk];

      expect(await reason(authenticate, await signed(key))).toBe('accepted');
    },
  );

  it('many tokens read the keys once', async () => {
    const [one, two] = [await aKey('one'), await aKey('two')];
    issuer.keys = [one.jwk, two.jwk];

    const tokens = await Promise.all([signed(one), signed(two), signed(one)]);
    expect(await Promise.all(tokens.map((token) => reason(authenticate, token)))).toEqual(
      tokens.map(() => 'accepted'),
    );

    expect(issuer.reads).toBe(1);
  });

  it('a token of a key that was published later is accepted, half a minute after the keys were read', async () => {
    const [old, fresh] = [await aKey('old'), await aKey('fresh')];
    issuer.keys = [old.jwk];
    expect(await reason(authenticate, await signed(old))).toBe('accepted');
    issuer.keys = [fresh.jwk];

    expect(await reason(authenticate, await signed(fresh))).toBe('unauthenticated TOKEN_INVALID');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 });
    expect(await reason(authenticate, await signed(fresh))).toBe('accepted');
    expect(await reason(authenticate, await signed({ ...old, kid: 'old' }))).toBe(
      'unauthenticated TOKEN_INVALID',
    );
  });

  it('a token of an unknown key is refused, and so is one whose key only borrows a known name', async () => {
    const [known, foreign] = [await aKey('known'), await aKey('foreign')];
    issuer.keys = [known.jwk];

    expect(await reason(authenticate, await signed(foreign))).toBe('unauthenticated TOKEN_INVALID');
    expect(await reason(authenticate, await signed({ ...foreign, kid: 'known' }))).toBe(
      'unauthenticated TOKEN_INVALID',
    );
  });

  it('a token that takes the public key for a shared secret is refused', async () => {
    const key = await aKey('one', 'RS256');
    issuer.keys = [key.jwk];
    const secrets = [await exportSPKI(key.publicKey), JSON.stringify(key.jwk), key.jwk.n ?? ''];

    for (const secret of secrets) {
      const forged = await new SignJWT({ sub: userId, scope: 'projects:admin' })
        .setProtectedHeader({ alg: 'HS256', kid: 'one' })
        .setExpirationTime('1h')
        .sign(new TextEncoder().encode(secret));
      expect(await reason(authenticate, forged)).toBe('unauthenticated TOKEN_INVALID');
    }
  });

  it('a secret that an issuer published by mistake verifies nothing', async () => {
    const secret = new TextEncoder().encode('a secret that should never have been published');
    issuer.keys = [{ kty: 'oct', k: Buffer.from(secret).toString('base64url'), kid: 'oops', alg: 'HS256' }];
    const forged = await new SignJWT({ sub: userId })
      .setProtectedHeader({ alg: 'HS256', kid: 'oops' })
      .setExpirationTime('1h')
      .sign(secret);

    expect(await reason(authenticate, forged)).toBe('unauthenticated TOKEN_INVALID');
  });

  it('an issuer that answers with an error, or not at all, makes calls UNAVAILABLE until it is back', async () => {
    const key = await aKey('one');
    const token = await signed(key);
    issuer.status = 500;
    expect(await reason(authenticate, token)).toBe('unavailable KEYS_UNAVAILABLE');

    issuer.status = 200;
    issuer.keys = [key.jwk];
    expect(await reason(authenticate, token)).toBe('accepted');

    const gone = await openIssuer();
    await close(gone);
    const stranded = authenticator({ key: { jwksUrl: gone.url }, issuer: undefined, audience: undefined });
    expect(await reason(stranded, token)).toBe('unavailable KEYS_UNAVAILABLE');
  });
});
