import type { MessageInitShape } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import { type FieldViolation, invalidArgument, refuse } from '../call/failure.ts';
import { once } from '../call/idempotency.ts';
import { repeats } from '../call/repeats.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { emailKey } from '../directory/email-key.ts';
import { lockDirectory } from '../directory/lock-directory.ts';
import { passProjects } from '../directory/pass-projects.ts';
import { registerPlaceholders } from '../directory/register-placeholders.ts';
import { Role } from '../gen/lightning/projects/v1/member_pb.ts';
import {
  type InviteCollaboratorsRequest,
  InviteCollaboratorsRequestSchema,
  InviteCollaboratorsResponseSchema,
  type NewCollaborator,
} from '../gen/lightning/projects/v1/members_service_pb.ts';
import { mailNewMembers } from '../mail/added-to-project.ts';
import { mailInvitations } from '../mail/invitation.ts';
import { lockedProject } from '../projects/locked-project.ts';
import { refuseMembers } from './already-members.ts';
import { insertInvitations, invitationMessage } from './invitation-rows.ts';
import { roleNames } from './member-message.ts';
import { insertMembers, type Membership } from './member-set.ts';
import { membersAndOwner } from './members-and-owner.ts';
import { membersInOrder } from './members-in-order.ts';

/**
 * Invites people by address, all or none (invite_collaborators/3). People of whom the account service has not
 * told are registered, added and mailed an invitation; the others are only added, and mailed that (beyond
 * Lightning, which fails on them).
 */
export async function inviteCollaborators(
  request: InviteCollaboratorsRequest,
  call: Call,
): Promise<MessageInitShape<typeof InviteCollaboratorsResponseSchema>> {
  refuse(violations(request.collaborators));
  await passProjects(call.read, sql`select ${request.projectId}::uuid`);
  return await call.change(
    (unit) =>
      once(call, unit, [InviteCollaboratorsRequestSchema, request], InviteCollaboratorsResponseSchema, () =>
        invite(unit, call, request),
      ),
    { validateOnly: request.validateOnly },
  );
}

function violations(collaborators: readonly NewCollaborator[]): FieldViolation[] {
  const owners = collaborators.flatMap(({ role }, index) =>
    role === Role.OWNER
      ? [{ field: `collaborators[${index}].role`, description: 'must not be OWNER: use TransferOwnership' }]
      : [],
  );
  const keys = collaborators.map(({ email }) => emailKey(email));
  return [...owners, ...repeats(keys, (index) => `collaborators[${index}].email`)];
}

async function invite(
  unit: UnitOfWork,
  call: Call,
  { projectId, collaborators }: InviteCollaboratorsRequest,
): Promise<MessageInitShape<typeof InviteCollaboratorsResponseSchema>> {
  // Before the project's lock, as whoever takes over a placeholder does.
  await lockDirectory(unit);
  const { id } = await lockedProject(unit, projectId);
  const people = await registerPlaceholders(unit, collaborators);
  const invited = collaborators.flatMap(({ email, role }, index) => {
    const user = people.get(emailKey(email));
    if (user === undefined) return [];
    const membership: Membership = {
      userId: user.id,
      role: roleNames.name(role) ?? 'editor',
      field: `collaborators[${index}].email`,
    };
    return [{ ...membership, email, placeholder: user.placeholder }];
  });
  const userIds = invited.map(({ userId }) => userId);
  const present = await membersAndOwner(unit.db, id, userIds);
  refuseMembers(invited, present);
  requireOwner(present);

  await insertMembers(unit, id, invited);
  const invitations = await insertInvitations(
    unit,
    { projectId: id, invitedById: call.actorId },
    invited.filter(({ placeholder }) => placeholder),
  );
  const eventId = unit.record({
    kind: 'members_changed',
    projectId: id,
    itemType: 'project',
    itemId: id,
    changes: {
      added: invited.map(({ userId, role }) => ({ user_id: userId, role })),
      invited: invitations.map(({ userId }) => userId),
    },
  });
  mailInvitations(
    unit,
    eventId,
    id,
    invitations.map((invitation) => invitation.id),
  );
  mailNewMembers(
    unit,
    eventId,
    id,
    invited.filter(({ placeholder }) => !placeholder).map(({ userId }) => userId),
  );

  return {
    members: await membersInOrder(unit.db, id, userIds),
    invitations: invitations.map(invitationMessage),
  };
}

/** Nobody is invited as the owner whom all members need beside them. */
function requireOwner(present: readonly { readonly role: string }[]): void {
  if (present.some(({ role }) => role === 'owner')) return;
  const description = 'need an owner beside them: the project has none yet, AddMembers gives it one';
  throw invalidArgument([{ field: 'collaborators', description }], 'ONE_OWNER');
}
