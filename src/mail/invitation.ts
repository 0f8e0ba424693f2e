import { sql } from 'kysely';
import { z } from 'zod';
import { toDate } from '../database/timestamp.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { newInvitationToken } from '../members/invitation-token.ts';
import { type ComposeMail, type MailSources, nameOf } from './compose-mail.ts';
import { queueMail } from './mail-job.ts';

export const INVITATION = 'invitation';

/** Mails people that they are invited, each with a token of their own that the mail's job makes. */
export function mailInvitations(
  unit: UnitOfWork,
  eventId: string,
  projectId: string,
  invitationIds: readonly string[],
): void {
  for (const recipientId of invitationIds)
    queueMail(unit, { mail: INVITATION, eventId, recipientId, projectId });
}

const Payload = z.object({ recipientId: z.guid() });

/** The invitation with a new token; nothing when it has been redeemed, has expired, or was taken back. */
export const composeInvitation: ComposeMail = async (payload, { read, publicUrl }) => {
  const { recipientId: invitationId } = Payload.parse(payload);
  const token = await putToken(read, invitationId);
  if (token === undefined) return undefined;
  const invitation = await read
    .selectFrom('invitations')
    .innerJoin('projects', 'projects.id', 'invitations.project_id')
    .leftJoin('users as inviter', 'inviter.id', 'invitations.invited_by_id')
    .select(['invitations.email', 'invitations.role', 'invitations.expires_at', 'projects.name'])
    .select(['inviter.email as by', 'inviter.first_name as by_first', 'inviter.last_name as by_last'])
    .where('invitations.id', '=', invitationId)
    .executeTakeFirstOrThrow();
  const { by: email, by_first: first_name, by_last: last_name, name, role } = invitation;
  const inviting =
    email === null || first_name === null || last_name === null
      ? 'You are invited'
      : `${nameOf({ email, first_name, last_name })} invites you`;
  return {
    to: invitation.email,
    subject: `You are invited to the project ${name}`,
    body: [
      { paragraph: 'Hello,' },
      { paragraph: `${inviting} to the project ${name} on OpenFn Lightning, with the role ${role}.` },
      // After the #, so that it comes into no server's log and no Referer.
      { link: { text: 'Accept the invitation', url: `${publicUrl}/invitations/accept#token=${token}` } },
      { paragraph: `The link works once, until ${toDate(invitation.expires_at).toUTCString()}.` },
      { paragraph: 'If you did not expect this mail you can ignore it.' },
    ],
  };
};

/**
 * Gives the invitation one more token, while it is open and its membership stands. Every attempt to send
 * makes one, so that none has to be kept anywhere; those of earlier attempts stay good, because their mails
 * may have arrived.
 */
async function putToken(db: MailSources['read'], invitationId: string): Promise<string | undefined> {
  const { token, digest } = newInvitationToken(invitationId);
  const { rows } = await sql`
    update invitations set token_hashes = token_hashes || ${digest}::bytea
    from projects
    where invitations.id = ${invitationId} and accepted_at is null and expires_at > now()
      and projects.id = project_id
      and projects.scheduled_deletion is null and projects.deletion_started_at is null
      and exists (
        select from users join project_users on user_id = users.id and project_users.project_id = projects.id
        where lower(users.email) = lower(invitations.email)
      )
    returning invitations.id`.execute(db);
  return rows.length === 0 ? undefined : token;
}
