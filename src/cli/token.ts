import { isServiceSubject } from '../call/principal.ts';
import { isAddress, isUuid } from '../call/value-rule.ts';
import { readSettings } from '../settings.ts';
import { StartupError } from '../startup-error.ts';
import { presentTokenSettings, signToken } from '../token-settings.ts';

export interface TokenOptions {
  /** The user's id, or a service's name. */
  readonly subject: string;
  readonly scope?: 'projects:admin' | 'projects:read';
  /** The user's address; services have none. */
  readonly email?: string;
  readonly days: number;
}

/**
 * A token that the service of these settings accepts with all that it says.
 *
 * @throws StartupError when the service would not, or when nothing here can sign it
 */
export async function makeToken(env: NodeJS.ProcessEnv, options: TokenOptions): Promise<string> {
  const { subject, scope, email, days } = options;
  if (scope === undefined && !isUuid(subject)) {
    throw new StartupError(
      `--subject must be the user's id, a UUID, unless --scope makes it a service's token`,
    );
  }
  if (!isServiceSubject(subject))
    throw new StartupError('--subject must have 1 to 255 characters and no control characters');
  if (scope !== undefined && email !== undefined)
    throw new StartupError('--email is of a person, and --scope makes the token one of a service');
  if (email !== undefined && !isAddress(email)) throw new StartupError('--email must be an e-mail address');
  return await signToken(await presentTokenSettings(readSettings(env)), {
    subject,
    ...(scope === undefined ? {} : { scope }),
    ...(email === undefined ? {} : { claims: { email } }),
    lifetime: days * 24 * 3600,
  });
}
