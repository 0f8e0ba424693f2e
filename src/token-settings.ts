import { join } from 'node:path';
import { SignJWT } from 'jose';
import { createDataDirectory, readOrCreateSecret, readSecret } from './database/data-directory.ts';
import type { TokenSettings } from './rpc/authenticate.ts';
import type { Settings } from './settings.ts';
import { StartupError } from './startup-error.ts';

/** The file in DATA_DIR that holds the generated secret. */
const SECRET_FILE = 'jwt-secret';

type KeySettings = Pick<Settings, 'auth' | 'dataDir'>;

/** How tokens are verified; a secret is generated into DATA_DIR when the settings name no key. */
export async function tokenSettings(settings: KeySettings): Promise<TokenSettings> {
  return await readKey(settings, async (path) => {
    await createDataDirectory(settings.dataDir);
    return await readOrCreateSecret(path);
  });
}

/**
 * The same for whoever is not the service: nothing is generated.
 *
 * @throws StartupError when no service has generated a secret in DATA_DIR yet
 */
export async function presentTokenSettings(settings: KeySettings): Promise<TokenSettings> {
  return await readKey(settings, async (path) => {
    const secret = await readSecret(path);
    if (secret !== undefined) return secret;
    throw new StartupError(
      `DATA_DIR ${settings.dataDir} has no secret to sign a token with: start the service there first (npm start)`,
    );
  });
}

async function readKey(
  { auth, dataDir }: KeySettings,
  generated: (path: string) => Promise<string>,
): Promise<TokenSettings> {
  const { key, issuer, audience } = auth;
  if (key.kind === 'jwks') return { key: { jwksUrl: new URL(key.url) }, issuer, audience };
  const secret = key.kind === 'secret' ? key.secret : await generated(join(dataDir, SECRET_FILE));
  return { key: { secret: new TextEncoder().encode(secret) }, issuer, audience };
}

export interface TokenRequest {
  /** The user's id; a service's name. */
  readonly subject: string;
  readonly scope?: string;
  readonly claims?: Readonly<Record<string, string | boolean>>;
  /** Seconds. */
  readonly lifetime: number;
}

/**
 * Signs a token (HS256) that the service accepts.
 *
 * @throws StartupError when tokens are signed by somebody else
 */
export async function signToken(settings: TokenSettings, request: TokenRequest): Promise<string> {
  if (!('secret' in settings.key)) {
    throw new StartupError('tokens are verified with AUTH_JWKS_URL: only its issuer can sign one');
  }
  const { subject, scope, claims = {}, lifetime } = request;
  const token = new SignJWT({ ...claims, ...(scope === undefined ? {} : { scope }) })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(subject)
    .setIssuedAt()
    .setExpirationTime(`${lifetime}s`);
  if (settings.issuer !== undefined) token.setIssuer(settings.issuer);
  if (settings.audience !== undefined) token.setAudience(settings.audience);
  return await token.sign(settings.key.secret);
}
