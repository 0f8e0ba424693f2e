import { signToken } from '../../src/token-settings.ts';
import { serviceToken, userToken } from '../support/service.ts';
import { guest, people, type Tokens } from './actors.ts';

/** A token for each actor who has one. */
export async function actorTokens(): Promise<Tokens> {
  const key = { secret: new TextEncoder().encode('a secret that the service under test does not know') };
  const stranger = { key, issuer: undefined, audience: undefined };
  return {
    admin: await serviceToken('projects:admin'),
    reader: await serviceToken('projects:read'),
    owner: await userToken(people.owner.id),
    editor: await userToken(people.editor.id),
    viewer: await userToken(people.viewer.id),
    stranger: await userToken(people.stranger.id),
    guest: await userToken(guest.id),
    forger: await signToken(stranger, { subject: people.owner.id, lifetime: 3600 }),
  };
}
