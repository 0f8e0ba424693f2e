import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { checkEtag, etagOf } from '../call/etag.ts';
import { noSuchMember } from '../call/member-place.ts';
import type { Queries } from '../database/queries.ts';
import type {
  TransferOwnershipRequest,
  TransferOwnershipResponseSchema,
} from '../gen/lightning/projects/v1/members_service_pb.ts';
import { lockedProject } from '../projects/locked-project.ts';
import { changeRoles } from './change-roles.ts';
import { readMember } from './member-query.ts';
import { membersAndOwner } from './members-and-owner.ts';
import { refuseRootAdmins } from './root-admins.ts';

/**
 * Makes a member the owner of a project, and the owner until now an admin, in one transaction; of somebody who is the
 * owner already nothing changes. Somebody who is disabled does not become it, and in a sandbox an owner or admin of its
 * root remains it unless they give it away themselves. Beyond Lightning.
 */
export async function transferOwnership(
  { etag, ...request }: TransferOwnershipRequest,
  call: Call,
): Promise<MessageInitShape<typeof TransferOwnershipResponseSchema>> {
  const userId = request.userId.toLowerCase();
  return await call.change(async (unit) => {
    const project = await lockedProject(unit, request.projectId);
    checkEtag(etag, etagOf(project.id, project.lockVersion));
    const { heir, owner } = await heirAndOwner(unit.db, project.id, userId);
    if (heir === undefined) throw noSuchMember({ projectId: project.id, userId });
    if (owner === undefined || owner.id === heir.id) return { member: await readMember(unit.db, heir.id) };

    await refuseRootAdmins(unit, call, project.id, [owner.user_id]);
    await changeRoles(unit, project.id, [
      { userId: owner.user_id, before: 'owner', after: 'admin' },
      { userId, before: heir.role, after: 'owner' },
    ]);
    const item = { projectId: project.id, itemType: 'project', itemId: project.id };
    const changes = { owner_id: { before: owner.user_id, after: userId } };
    unit.record({ kind: 'members_changed', ...item, changes });
    return {
      member: await readMember(unit.db, heir.id),
      previousOwner: await readMember(unit.db, owner.id),
    };
  });
}

/** Who is to own the project and who does. */
async function heirAndOwner(db: Queries, projectId: string, userId: string) {
  const rows = await membersAndOwner(db, projectId, [userId]);
  return {
    heir: rows.find(({ user_id }) => user_id === userId),
    owner: rows.find(({ role }) => role === 'owner'),
  };
}
