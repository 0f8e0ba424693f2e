import { join } from 'node:path';
import { SignJWT } from 'jose';
import { createDataDirectory, readOrCreateSecret } from './database/data-directory.ts';
import type { TokenSettings } from './rpc/authenticate.ts';
import type { Settings } from './settings.ts';

/** The file in DATA_DIR that holds the generated secret. */
const SECRET_FILE = 'jwt-secret';

/** How tokens are verified; a secret is generated into DATA_DIR when the settings name no key. */
export async function tokenSettings({ auth, dataDir }: Pick<Settings, 'auth' | 'dataDir'>): Promise<TokenSettings> {
  const { key, issuer, audience } = auth;
  if (key.kind === 'jwks') return { key: { jwksUrl: new URL(key.url) }, issuer, audience };
  if (key.kind === 'secret') return { key: { secret: new TextEncoder().encode(key.secret) }, issuer, audience };
  await createDataDirectory(dataDir);
  const secret = await readOrCreateSecret(join(dataDir, SECRET_FILE));
  return { key: { secret: new TextEncoder().encode(secret) }, issuer, audience };
}

export interface TokenRequest {
  /** The user's id; a service's name. */
  readonly subject: string;
  readonly scope?: string;
  readonly claims?: Readonly<Record<string, string>>;
  /** Seconds. */
  readonly lifetime: number;
}

/** Signs a token (HS256) that the service accepts. Throws when tokens are signed by somebody else. */
export async function signToken(settings: TokenSettings, request: TokenRequest): Promise<string> {
  if (!('secret' in settings.key)) throw new Error('tokens are verified with AUTH_JWKS_URL: its issuer signs them');
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
