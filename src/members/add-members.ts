import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { invalidArgument, refuse } from '../call/failure.ts';
import { repeats } from '../call/repeats.ts';
import type {
  AddMembersRequest,
  AddMembersResponseSchema,
} from '../gen/lightning/projects/v1/members_service_pb.ts';
import { mailNewMembers } from '../mail/added-to-project.ts';
import { lockedProject } from '../projects/locked-project.ts';
import { refuseMembers } from './already-members.ts';
import { insertMembers, type Membership, namedMembers } from './member-set.ts';
import { membersAndOwner } from './members-and-owner.ts';
import { membersInOrder } from './members-in-order.ts';

/**
 * Adds people to a project, all or none (add_project_users/3), and mails them, in a sandbox only on demand.
 * The project has exactly one owner afterwards.
 *
 * The project's lock lets such changes come one after the other; the unique indexes of `project_users` hold
 * anyway.
 */
export async function addMembers(
  request: AddMembersRequest,
  call: Call,
): Promise<MessageInitShape<typeof AddMembersResponseSchema>> {
  const added = namedMembers(request.members);
  const userIds = added.map(({ userId }) => userId);
  refuse(repeats(userIds, (index) => `members[${index}].user_id`));

  return await call.change(async (unit) => {
    const project = await lockedProject(unit, request.projectId);
    const present = await membersAndOwner(unit.db, project.id, userIds);
    refuseMembers(added, present);
    refuseOwners(
      added,
      present.some(({ role }) => role === 'owner'),
    );

    await insertMembers(unit, project.id, added);
    const eventId = unit.record({
      kind: 'members_changed',
      projectId: project.id,
      itemType: 'project',
      itemId: project.id,
      changes: { added: added.map(({ userId, role }) => ({ user_id: userId, role })) },
    });
    if (request.notify ?? project.parent == null) mailNewMembers(unit, eventId, project.id, userIds);
    return { members: await membersInOrder(unit.db, project.id, userIds) };
  });
}

function refuseOwners(added: readonly Membership[], hasOwner: boolean): void {
  const owners = added.flatMap(({ role }, index) => (role === 'owner' ? [`members[${index}].role`] : []));
  if (owners.length + Number(hasOwner) === 1) return;
  if (owners.length === 0) {
    const description = 'must hold an owner: the project has none yet';
    throw invalidArgument([{ field: 'members', description }], 'ONE_OWNER');
  }
  const surplus = hasOwner ? owners : owners.slice(1);
  const description = hasOwner
    ? 'the project has an owner: use TransferOwnership to make another one'
    : 'a project has exactly one owner';
  throw invalidArgument(
    surplus.map((field) => ({ field, description })),
    'ONE_OWNER',
  );
}
