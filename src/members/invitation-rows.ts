import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { RoleName } from '../call/permissions.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { v7 as uuid } from '../database/uuid.ts';
import { type Invitation, InvitationSchema } from '../gen/lightning/projects/v1/members_service_pb.ts';

/** Milliseconds from an invitation to the end of its tokens: 7 days. */
const LIFETIME_MS = 7 * 24 * 3_600_000;

/** Somebody who is invited, registered already. */
export interface Invitee {
  readonly userId: string;
  readonly email: string;
  readonly role: RoleName;
}

export interface OpenInvitation extends Invitee {
  readonly id: string;
  readonly expiresAt: Date;
}

/** Writes an invitation for each of the people. They get their tokens when they are mailed. */
export async function insertInvitations(
  unit: UnitOfWork,
  { projectId, invitedById }: { readonly projectId: string; readonly invitedById: string | null },
  invitees: readonly Invitee[],
): Promise<OpenInvitation[]> {
  const expiresAt = new Date(unit.now.getTime() + LIFETIME_MS);
  const invitations = invitees.map(({ userId, email, role }) => ({
    id: uuid(unit.now),
    userId,
    email,
    role,
    expiresAt,
  }));
  if (invitations.length === 0) return [];
  await unit.db
    .insertInto('invitations')
    .values(
      invitations.map(({ id, email, role }) => ({
        id,
        project_id: projectId,
        email,
        role,
        invited_by_id: invitedById,
        expires_at: expiresAt.toISOString(),
        inserted_at: unit.now.toISOString(),
      })),
    )
    .execute();
  return invitations;
}

export function invitationMessage({ id, email, userId, expiresAt }: OpenInvitation): Invitation {
  return create(InvitationSchema, { id, email, userId, expiresAt: timestampFromDate(expiresAt) });
}
