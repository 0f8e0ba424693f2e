import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/call/failure.ts';
import { authenticator, type Identity } from '../../src/rpc/authenticate.ts';
import { refusal } from '../support/refusal.ts';
import { ProjectsService, startTestService } from '../support/service.ts';

const secret = new TextEncoder().encode('a secret for tests alone, 32 bytes long at least');
const userId = randomUUID();

interface TokenOptions {
  readonly key?: Uint8Array;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Seconds since 1970. */
  readonly expires?: number;
  readonly notBefore?: number;
}

const seconds = () => Math.floor(Date.now() / 1000);

function token({ key = secret, claims = {}, expires = seconds() + 3600, notBefore }: TokenOptions = {}) {
  const jwt = new SignJWT({ sub: userId, ...claims }).setProtectedHeader({ alg: 'HS256' });
  jwt.setExpirationTime(expires);
  if (notBefore !== undefined) jwt.setNotBefore(notBefore);
  return jwt.sign(key);
}

function unsigned(header: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part({ sub: userId, exp: seconds() + 3600 })}.`;
}

const authenticate = authenticator({ key: { secret }, issuer: undefined, audience: undefined });

/** How the service answers to an `authorization` header that it refuses. */
async function refused(
  attempt: () => Identity | Promise<Identity>,
): Promise<{ kind: string; reason: string }> {
  try {
    await attempt();
  } catch (error) {
    if (error instanceof Failure) return { kind: error.kind, reason: error.reason };
    throw error;
  }
  throw new Error('the token was accepted');
}

const unauthenticated = (reason: string) => ({ kind: 'unauthenticated', reason });

describe('A token', () => {
  it('of a person makes its sub the acting user, in lower case', async () => {
    const { principal, claims } = await authenticate(
      `Bearer ${await token({ claims: { sub: userId.toUpperCase() } })}`,
    );

    expect(principal).toEqual({ kind: 'user', subject: userId, userId });
    expect(claims).toBeUndefined();
  });

  it('of a person tells address and names, where it has them', async () => {
    const told = await token({ claims: { email: 'ada@example.org', given_name: 'Ada', family_name: 7 } });

    const { claims } = await authenticate(`Bearer ${told}`);

    expect(claims).toEqual({ userId, email: 'ada@example.org', firstName: 'Ada', lastName: undefined });
  });

  it.each([
    ['U+0000', 'A\0da'],
    ['half a surrogate pair', 'Ada \ud83d'],
    ['256 characters', 'x'.repeat(256)],
  ])('of a person tells the rest when one of its names has %s', async (_, name) => {
    const [email, good] = ['ada@example.org', 'Good'];
    const first = await token({ claims: { email, given_name: name, family_name: good } });
    const last = await token({ claims: { email, given_name: good, family_name: name } });

    expect((await authenticate(`Bearer ${first}`)).claims).toEqual({
      userId,
      email,
      firstName: undefined,
      lastName: good,
    });
    expect((await authenticate(`Bearer ${last}`)).claims).toEqual({
      userId,
      email,
      firstName: good,
      lastName: undefined,
    });
  });

  it.each([
    ['an address without @', 'ada'],
    ['an address with U+0000', 'a\0da@example.org'],
    ['an address that is no text', 7],
  ])('of a person tells nothing when it has %s', async (_, email) => {
    const told = await token({ claims: { email, given_name: 'Ada' } });

    expect(await authenticate(`Bearer ${told}`)).toMatchObject({ principal: { userId }, claims: undefined });
  });

  it.each([
    ['projects:admin', 'admin'],
    ['openid projects:admin', 'admin'],
    ['projects:read projects:admin', 'admin'],
    ['projects:read', 'read'],
  ])('with the scope "%s" is of a service, whose sub may be any text', async (granted, scope) => {
    const claims = { sub: 'scheduler', scope: granted, email: 'scheduler@example.org' };

    const identity = await authenticate(`Bearer ${await token({ claims })}`);

    expect(identity).toEqual({
      principal: { kind: 'service', subject: 'scheduler', scope },
      claims: undefined,
    });
  });

  it('of a service may have a sub of 255 characters', async () => {
    const claims = { sub: '🛰'.repeat(255), scope: 'projects:admin' };

    const { principal } = await authenticate(`Bearer ${await token({ claims })}`);

    expect(principal).toMatchObject({ kind: 'service', subject: claims.sub });
  });

  it.each([
    ['another scope', 'projects:administrator'],
    ['the scope in another case', 'Projects:Admin'],
    ['scopes that are no text', ['projects:admin']],
  ])('with %s is of a person', async (_, scope) => {
    const { principal } = await authenticate(`Bearer ${await token({ claims: { scope } })}`);

    expect(principal.kind).toBe('user');
  });

  it.each(['bearer', 'BEARER', 'Bearer '])('is read after the scheme "%s"', async (scheme) => {
    expect(await authenticate(`${scheme} ${await token()}`)).toMatchObject({ principal: { userId } });
  });

  it('is remembered once, however many spaces come before it', async () => {
    const jwt = await token();

    await authenticate(`Bearer   ${jwt}`);
    expect(authenticate.knows(`Bearer   ${jwt}`)).toBe(false);
    await authenticate(`Bearer ${jwt}`);
    expect(authenticate.knows(`Bearer ${jwt}`)).toBe(true);
  });

  it('that is missing is refused', async () => {
    expect(await refused(() => authenticate(null))).toEqual(unauthenticated('TOKEN_MISSING'));
  });

  it.each([
    ['no scheme', (jwt: string) => jwt],
    ['another scheme', (jwt: string) => `Basic ${jwt}`],
    ['a scheme that only begins alike', (jwt: string) => `Bearers ${jwt}`],
    ['nothing behind the scheme', () => 'Bearer '],
    ['something behind the token', (jwt: string) => `Bearer ${jwt} more`],
    ['two parts', (jwt: string) => `Bearer ${jwt.split('.').slice(0, 2).join('.')}`],
    ['four parts', (jwt: string) => `Bearer ${jwt}.more`],
    ['characters that base64url lacks', (jwt: string) => `Bearer ${jwt.replace('.', '.+')}`],
  ])('in a header with %s is refused', async (_, header) => {
    const jwt = await token();

    expect(await refused(() => authenticate(header(jwt)))).toEqual(unauthenticated('TOKEN_MALFORMED'));
  });

  it('that somebody else signed is refused', async () => {
    const foreign = await token({ key: new TextEncoder().encode('another secret, 32 bytes long as well') });

    expect(await refused(() => authenticate(`Bearer ${foreign}`))).toEqual(unauthenticated('TOKEN_INVALID'));
  });

  it('whose claims were changed after it was signed is refused', async () => {
    const [header, , signature] = (await token()).split('.');
    const claims = { sub: userId, scope: 'projects:admin', exp: seconds() + 3600 };
    const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');

    expect(await refused(() => authenticate(`Bearer ${header}.${payload}.${signature}`))).toEqual(
      unauthenticated('TOKEN_INVALID'),
    );
  });

  it.each(['none', 'None', 'NONE'])('that is not signed (alg %s) is refused', async (alg) => {
    expect(await refused(() => authenticate(`Bearer ${unsigned({ alg })}`))).toEqual(
      unauthenticated('TOKEN_INVALID'),
    );
  });

  it('that names no time to expire at is good for good', async () => {
    let now = Date.now();
    const clocked = authenticator({ key: { secret }, issuer: undefined, audience: undefined }, () => now);
    const jwt = await new SignJWT({ sub: userId }).setProtectedHeader({ alg: 'HS256' }).sign(secret);

    expect(await clocked(`Bearer ${jwt}`)).toMatchObject({ principal: { userId } });
    now += 100 * 365 * 24 * 3600 * 1000;
    expect(await clocked(`Bearer ${jwt}`)).toMatchObject({ principal: { userId } });
  });

  it('that has expired is refused', async () => {
    const old = await token({ expires: seconds() - 60 });

    expect(await refused(() => authenticate(`Bearer ${old}`))).toEqual(unauthenticated('TOKEN_EXPIRED'));
  });

  it('that is not valid yet is refused', async () => {
    const early = await token({ notBefore: seconds() + 60 });

    expect(await refused(() => authenticate(`Bearer ${early}`))).toEqual(
      unauthenticated('TOKEN_CLAIM_INVALID'),
    );
  });

  it.each([
    ['no sub', undefined, 'TOKEN_CLAIM_INVALID'],
    ['an empty sub', '', 'TOKEN_SUBJECT_INVALID'],
    ['a name as its sub', 'ada', 'TOKEN_SUBJECT_INVALID'],
    ['a UUID in braces as its sub', `{${userId}}`, 'TOKEN_SUBJECT_INVALID'],
    ['a list with a UUID as its sub', [userId], 'TOKEN_SUBJECT_INVALID'],
  ])('of a person with %s is refused', async (_, sub, reason) => {
    const jwt = await token({ claims: { sub } });

    expect(await refused(() => authenticate(`Bearer ${jwt}`))).toEqual(unauthenticated(reason));
  });

  it.each([
    ['an empty sub', ''],
    ['a number as its sub', 5],
    ['null as its sub', null],
    ['a sub with U+0000', 'sched\0uler'],
    ['a sub with a line break', 'scheduler\n'],
    ['a sub with half a surrogate pair', 'scheduler \ud83d'],
    ['a sub of 256 characters', 's'.repeat(256)],
  ])('of a service with %s is refused', async (_, sub) => {
    for (const scope of ['projects:admin', 'projects:read']) {
      const jwt = await token({ claims: { sub, scope } });

      expect(await refused(() => authenticate(`Bearer ${jwt}`))).toEqual(
        unauthenticated('TOKEN_SUBJECT_INVALID'),
      );
    }
  });

  it.each([
    ['issuer', { iss: 'https://other.example.org' }],
    ['issuer, which it lacks', { iss: undefined }],
    ['audience', { aud: ['billing'] }],
    ['audience, which it lacks', { aud: undefined }],
  ])('of another %s is refused', async (_, wrong) => {
    const strict = authenticator({ key: { secret }, issuer: 'https://id.example.org', audience: 'projects' });
    const right = { iss: 'https://id.example.org', aud: ['billing', 'projects'] };

    expect(await strict(`Bearer ${await token({ claims: right })}`)).toMatchObject({ principal: { userId } });
    const jwt = await token({ claims: { ...right, ...wrong } });
    expect(await refused(() => strict(`Bearer ${jwt}`))).toEqual(unauthenticated('TOKEN_CLAIM_INVALID'));
  });

  it('that was accepted stops working when it expires', async () => {
    let now = Date.now();
    const clocked = authenticator({ key: { secret }, issuer: undefined, audience: undefined }, () => now);
    const header = `Bearer ${await token({ expires: Math.floor(now / 1000) + 20 })}`;

    expect(await clocked(header)).toMatchObject({ principal: { userId } });
    now += 15_000;
    expect(await clocked(header)).toMatchObject({ principal: { userId } });
    now += 15_000;
    expect(await refused(() => clocked(header))).toEqual(unauthenticated('TOKEN_EXPIRED'));
  });
});

it.each(['client', 'httpClient'] as const)(
  'A call through the %s is refused before its request is looked at',
  async (kind) => {
    await using service = await startTestService();
    const call = (token?: string) => service[kind](ProjectsService, token).getProject({ id: 'no uuid' });

    expect(await refusal(call())).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'TOKEN_MISSING' });
    expect(await refusal(call('x.y'))).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'TOKEN_MALFORMED' });
    expect(await refusal(call(service.admin))).toMatchObject({ code: 'INVALID_ARGUMENT' });
  },
);
