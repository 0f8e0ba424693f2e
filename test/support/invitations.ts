import { newInvitationToken } from '../../src/members/invitation-token.ts';
import type { MailSink } from './mail-sink.ts';
import type { ReceivedMail } from './received-mail.ts';
import { rows } from './rows.ts';
import type { TestService } from './service.ts';

/** The token in the link of an invitation's mail. */
export function tokenIn(mail: ReceivedMail | undefined): string {
  const [, token] = /\/invitations\/accept#token=([\w-]+)/.exec(mail?.text ?? '') ?? [];
  if (token === undefined) throw new Error('the mail has no link with a token');
  return token;
}

/** The token of the newest invitation to an address. */
export function tokenFor(sink: MailSink, email: string): string {
  return tokenIn(sink.to(email).at(-1));
}

/** Gives an invitation a token as its mail's job does, for whom no mail is sent. */
export async function giveToken(service: Pick<TestService, 'databaseUrl'>, id: string): Promise<string> {
  const { token, digest } = newInvitationToken(id);
  await rows(service, 'update invitations set token_hashes = $1 where id = $2', [digest, id]);
  return token;
}
