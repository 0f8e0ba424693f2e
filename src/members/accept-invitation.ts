import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { Failure, failedPrecondition } from '../call/failure.ts';
import { toDate } from '../database/timestamp.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { emailKey } from '../directory/email-key.ts';
import type {
  AcceptInvitationRequest,
  AcceptInvitationResponseSchema,
} from '../gen/lightning/projects/v1/members_service_pb.ts';
import { lockedProject } from '../projects/locked-project.ts';
import { readProject } from '../projects/project-query.ts';
import { holdsDigest, type PresentedToken, readInvitationToken } from './invitation-token.ts';
import { readMember } from './member-query.ts';

/**
 * Redeems an invitation, once. Beyond Lightning. The membership is the caller's already: who has the address
 * of a placeholder takes over what it had.
 *
 * Of two calls at once the second waits for the project's lock, and finds the invitation redeemed.
 */
export async function acceptInvitation(
  request: AcceptInvitationRequest,
  call: Call,
): Promise<MessageInitShape<typeof AcceptInvitationResponseSchema>> {
  const presented = readInvitationToken(request.token);
  if (presented === undefined) throw noInvitation();

  return await call.change(async (unit) => {
    const { project_id: projectId } = await ownInvitation(unit, presented, call.actorId);
    const { id } = await lockedProject(unit, projectId);
    // The membership may have been removed while the lock was waited for.
    const invitation = await ownInvitation(unit, presented, call.actorId);
    const { numUpdatedRows } = await unit.db
      .updateTable('invitations')
      .set({ accepted_at: unit.now.toISOString() })
      .where('id', '=', invitation.id)
      .where('accepted_at', 'is', null)
      .executeTakeFirst();
    if (numUpdatedRows === 0n)
      throw refused(invitation.id, 'INVITATION_USED', 'the invitation was accepted before');
    if (toDate(invitation.expires_at) <= unit.now)
      throw refused(invitation.id, 'INVITATION_EXPIRED', 'the invitation has expired: ask for a new one');

    unit.record({
      kind: 'members_changed',
      projectId: id,
      itemType: 'member',
      itemId: invitation.member_id,
      changes: { invitation_accepted: { before: false, after: true } },
    });
    return {
      member: await readMember(unit.db, invitation.member_id),
      project: await readProject(unit.db, id),
    };
  });
}

/**
 * The invitation of the token. Throws NOT_FOUND unless it was sent to the caller's address and its membership
 * stands.
 */
async function ownInvitation(
  { db }: UnitOfWork,
  { invitationId, digest }: PresentedToken,
  userId: string | null,
) {
  const invitation = await db
    .selectFrom('invitations')
    .leftJoin('users', (join) => join.on('users.id', '=', userId))
    .leftJoin('project_users', (join) =>
      join
        .onRef('project_users.project_id', '=', 'invitations.project_id')
        .on('project_users.user_id', '=', userId),
    )
    .select(['invitations.id', 'invitations.project_id', 'invitations.email', 'invitations.expires_at'])
    .select(['invitations.token_hashes', 'users.email as own_email', 'project_users.id as member_id'])
    .where('invitations.id', '=', invitationId)
    .executeTakeFirst();
  const genuine = holdsDigest(invitation?.token_hashes ?? new Uint8Array(digest.length), digest);
  if (invitation === undefined || !genuine) throw noInvitation();
  const { own_email, member_id } = invitation;
  if (own_email === null || member_id === null) throw noInvitation();
  if (emailKey(own_email) !== emailKey(invitation.email)) throw noInvitation();
  return { ...invitation, member_id };
}

/** The same for every reason, so that tokens cannot be probed. */
function noInvitation(): Failure {
  return new Failure('not_found', 'INVITATION_NOT_FOUND', 'there is no such invitation to you');
}

function refused(id: string, reason: string, message: string): Failure {
  return failedPrecondition(reason, message, [
    { type: reason, subject: `invitations/${id}`, description: message },
  ]);
}
