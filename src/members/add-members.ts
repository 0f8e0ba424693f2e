import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { alreadyExists, invalidArgument, refuse } from '../call/failure.ts';
import { repeats } from '../directory/repeats.ts';
import type {
  AddMembersRequest,
  AddMembersResponseSchema,
} from '../gen/lightning/projects/v1/members_service_pb.ts';
import { lockedProject } from '../projects/locked-project.ts';
import { memberMessage } from './member-message.ts';
import { members } from './member-query.ts';
import { insertMembers, type Membership, namedMembers } from './member-set.ts';

/**
 * Adds people to a project, all or none (add_project_users/3). The project has exactly one owner afterwards.
 *
 * The project's lock lets such changes come one after the other; the unique indexes of `project_users` hold anyway.
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
    const present = await unit.db
      .selectFrom('project_users')
      .select(['id', 'user_id', 'role'])
      .where('project_id', '=', project.id)
      .where((row) => row.or([row('user_id', 'in', userIds), row('role', '=', 'owner')]))
      .execute();
    refuseMembers(added, present);
    refuseOwners(
      added,
      present.some(({ role }) => role === 'owner'),
    );

    await insertMembers(unit, project.id, added);
    unit.record({
      kind: 'members_changed',
      projectId: project.id,
      itemType: 'project',
      itemId: project.id,
      changes: { added: added.map(({ userId, role }) => ({ user_id: userId, role })) },
    });
    const rows = await members(unit.db)
      .where('project_users.project_id', '=', project.id)
      .where('project_users.user_id', 'in', userIds)
      .execute();
    const byUser = new Map(rows.map((row) => [row.user_id, memberMessage(row)]));
    return { members: userIds.map((id) => byUser.get(id)).filter((member) => member !== undefined) };
  });
}

function refuseMembers(
  added: readonly Membership[],
  present: readonly { readonly id: string; readonly user_id: string; readonly role: string }[],
): void {
  const rows = new Map(present.map((row) => [row.user_id, row]));
  const already = added.flatMap(({ userId, field }) => {
    const row = rows.get(userId);
    return row === undefined ? [] : [{ field, row }];
  });
  const [first] = already;
  if (first === undefined) return;
  const fields = already.map(({ field, row }) => ({
    field,
    description: `user ${row.user_id} is a member already: ${row.role} by membership ${row.id}`,
  }));
  throw alreadyExists('ALREADY_A_MEMBER', fields, { type: 'member', name: first.row.id });
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
