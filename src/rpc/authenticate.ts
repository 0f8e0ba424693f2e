import { create } from '@bufbuild/protobuf';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { Failure } from '../call/failure.ts';
import { isServiceSubject, type Principal, type ServicePrincipal } from '../call/principal.ts';
import { isUuid } from '../call/value-rule.ts';
import { violationsOf } from '../call/violations.ts';
import type { PersonClaims } from '../directory/meet-person.ts';
import { UserSchema } from '../gen/lightning/projects/v1/user_pb.ts';

/** How tokens are verified: a shared secret (HS256) or the issuer's published keys. */
export interface TokenSettings {
  readonly key: { readonly secret: Uint8Array } | { readonly jwksUrl: URL };
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
}

/** What a token says of its bearer. */
export interface Identity {
  readonly principal: Principal;
  /** A person's own claims, where the token has them: they keep the mirror of users fresh. */
  readonly claims: PersonClaims | undefined;
}

export interface Authenticate {
  /** Answers at once for a token that was verified lately. */
  (authorization: string | null): Identity | Promise<Identity>;
  /** Whether it would answer at once. */
  knows(authorization: string | null): boolean;
}

/** Verified tokens that are remembered; the oldest goes first. */
const REMEMBERED_TOKENS = 10_000;
/** Milliseconds a verified token is believed without looking at its signature again: keys may be withdrawn. */
const BELIEVED_MS = 60_000;

/**
 * Verifies `authorization: Bearer <JWT>` (RFC 6750, RFC 7519). Accepts HS256 with a secret, and the asymmetric
 * algorithms of the published keys otherwise; never `none`. Everything wrong with a token is UNAUTHENTICATED.
 */
export function authenticator(settings: TokenSettings, now: () => number = Date.now): Authenticate {
  /** By the header as it came: what is known needs no look into it. */
  const remembered = new Map<string, { readonly identity: Identity; readonly until: number }>();
  const verify = verifier(settings, now);

  async function check(authorization: string): Promise<Identity> {
    const token = bearerToken(authorization);
    const payload = await verify(token);
    const identity = identityOf(payload);
    // One token is remembered once, however many spaces come before it.
    if (authorization.length > SCHEME.length + token.length) return identity;
    const expiry = payload.exp === undefined ? Number.POSITIVE_INFINITY : payload.exp * 1000;
    if (remembered.size >= REMEMBERED_TOKENS) {
      const oldest = remembered.keys().next();
      if (!oldest.done) remembered.delete(oldest.value);
    }
    remembered.set(authorization, { identity, until: Math.min(expiry, now() + BELIEVED_MS) });
    return identity;
  }

  function recall(authorization: string): Identity | undefined {
    const known = remembered.get(authorization);
    return known !== undefined && known.until > now() ? known.identity : undefined;
  }

  function authenticate(authorization: string | null): Identity | Promise<Identity> {
    if (authorization === null) {
      throw unauthenticated('TOKEN_MISSING', 'send the header "authorization: Bearer <token>"');
    }
    const known = recall(authorization);
    if (known !== undefined) return known;
    remembered.delete(authorization);
    return check(authorization);
  }

  const knows = (authorization: string | null) =>
    authorization !== null && recall(authorization) !== undefined;
  return Object.assign(authenticate, { knows });
}

const SCHEME = 'bearer ';
const BEARER = /^bearer +([\w-]+\.[\w-]+\.[\w-]*)$/i;

function bearerToken(authorization: string): string {
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined) {
    throw unauthenticated('TOKEN_MALFORMED', 'the header authorization must be "Bearer <JWT>"');
  }
  return token;
}

function verifier(settings: TokenSettings, now: () => number): (token: string) => Promise<JWTPayload> {
  const options = () => ({
    currentDate: new Date(now()),
    ...(settings.issuer === undefined ? {} : { issuer: settings.issuer }),
    ...(settings.audience === undefined ? {} : { audience: settings.audience }),
    clockTolerance: 5,
    requiredClaims: ['sub'],
  });
  if ('secret' in settings.key) {
    const { secret } = settings.key;
    return (token) => verified(jwtVerify(token, secret, { ...options(), algorithms: ['HS256'] }));
  }
  const keys = publishedKeys(settings.key.jwksUrl);
  const algorithms = [
    'RS256',
    'RS384',
    'RS512',
    'PS256',
    'PS384',
    'PS512',
    'ES256',
    'ES384',
    'ES512',
    'EdDSA',
  ];
  return (token) => verified(jwtVerify(token, keys, { ...options(), algorithms }));
}

/** The issuer's keys: read at the first token, and again, at most twice a minute, for one that none of them fits. */
function publishedKeys(url: URL): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(url);
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (isTokensFault(error)) throw error;
      throw new Failure(
        'unavailable',
        'KEYS_UNAVAILABLE',
        "the token issuer's keys cannot be read at the moment",
        {
          retryAfterMs: 1000,
          cause: error,
        },
      );
    }
  };
}

/** Whether the keys were read and the token does not fit them. */
function isTokensFault(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

async function verified(result: Promise<{ payload: JWTPayload }>): Promise<JWTPayload> {
  try {
    return (await result).payload;
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (error instanceof errors.JWTExpired)
      throw unauthenticated('TOKEN_EXPIRED', 'the token has expired', error);
    if (error instanceof errors.JWTClaimValidationFailed) {
      throw unauthenticated(
        'TOKEN_CLAIM_INVALID',
        `the token's claim "${error.claim}" is not accepted`,
        error,
      );
    }
    throw unauthenticated('TOKEN_INVALID', 'the token is not valid', error);
  }
}

function identityOf(payload: JWTPayload): Identity {
  const scopes = typeof payload.scope === 'string' ? payload.scope.split(' ') : [];
  if (scopes.includes('projects:admin')) return serviceIdentity(payload, 'admin');
  if (scopes.includes('projects:read')) return serviceIdentity(payload, 'read');
  const subject = text(payload.sub);
  if (!isUuid(subject)) {
    throw unauthenticated('TOKEN_SUBJECT_INVALID', "the token's sub must be the user's id, a UUID");
  }
  const userId = subject.toLowerCase();
  return { principal: { kind: 'user', subject: userId, userId }, claims: personClaims(userId, payload) };
}

function serviceIdentity({ sub: subject }: JWTPayload, scope: ServicePrincipal['scope']): Identity {
  if (!isServiceSubject(subject)) {
    throw unauthenticated(
      'TOKEN_SUBJECT_INVALID',
      "the token's sub must be the service's name: 1 to 255 characters, no control characters",
    );
  }
  return { principal: { kind: 'service', subject, scope }, claims: undefined };
}

/**
 * Undefined without an address that a user may have, and for one that the issuer says nobody has verified. A name that
 * no user may have is left out: it is the issuer's to mend.
 */
function personClaims(userId: string, payload: JWTPayload): PersonClaims | undefined {
  const email = payload.email_verified === false ? '' : text(payload.email);
  const [firstName, lastName] = [given(payload.given_name), given(payload.family_name)];
  const user = create(UserSchema, {
    id: userId,
    email,
    firstName: firstName ?? '',
    lastName: lastName ?? '',
  });
  const broken = new Set(violationsOf(UserSchema, user).map(({ field }) => field));
  if (broken.has('email')) return undefined;
  return {
    userId,
    email,
    firstName: broken.has('first_name') ? undefined : firstName,
    lastName: broken.has('last_name') ? undefined : lastName,
  };
}

function given(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function text(value: unknown): string {
  return given(value) ?? '';
}

function unauthenticated(reason: string, message: string, cause?: unknown): Failure {
  return new Failure('unauthenticated', reason, message, { cause });
}
