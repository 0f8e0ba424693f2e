import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { type FieldViolation, invalidArgument, refuse } from '../call/failure.ts';
import { type RoleName, roles } from '../call/permissions.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { ProjectUser } from '../entities/project-user.ts';
import type { Member } from '../gen/lightning/projects/v1/member_pb.ts';
import type {
  UpdateMemberRequest,
  UpdateMemberResponseSchema,
} from '../gen/lightning/projects/v1/members_service_pb.ts';
import { changedFields, type MemberField } from './changed-fields.ts';
import { lockedMember } from './locked-member.ts';
import { digestNames, roleNames } from './member-message.ts';
import { readMember } from './member-query.ts';
import { updatedMember } from './named-member.ts';
import { ownerFixed } from './owner-fixed.ts';
import { refuseRootAdmins } from './root-admins.ts';

/**
 * Changes a member's role, digest or failure alert (update_project_user/2). Nothing changed, nothing written. Ownership
 * changes hands by TransferOwnership alone.
 */
export async function updateMember(
  request: UpdateMemberRequest,
  call: Call,
): Promise<MessageInitShape<typeof UpdateMemberResponseSchema>> {
  const fields = changedFields(request);
  const { member: message } = request;
  if (message === undefined || fields.size === 0) throw nothingToChange();
  refuse(roleViolations(message, fields));

  return await call.change(async (unit) => {
    const member = await lockedMember(unit, call, updatedMember(request));
    const role = fields.has('role') ? roleNames.name(message.role) : undefined;
    if (role !== undefined) await changeRole(unit, call, member, role);
    if (fields.has('digest')) member.digest = digestNames.name(message.digest) ?? 'never';
    if (fields.has('failure_alert')) member.failureAlert = message.failureAlert;
    if (unit.hasChanges(member)) {
      member.updatedAt = unit.now;
      unit.record({
        kind: 'members_changed',
        projectId: member.project.id,
        itemType: 'member',
        itemId: member.id,
      });
      await unit.em.flush();
    }
    return { member: await readMember(unit.db, member.id) };
  });
}

async function changeRole(unit: UnitOfWork, call: Call, member: ProjectUser, role: RoleName): Promise<void> {
  if (role === member.role) return;
  const projectId = member.project.id;
  if (member.role === 'owner') throw ownerFixed(projectId, 'the owner of a project cannot be demoted');
  if (role === 'owner') throw ownerFixed(projectId, 'a project has exactly one owner');
  if (roles.indexOf(role) < roles.indexOf(member.role))
    await refuseRootAdmins(unit, call, projectId, [member.user.id]);
  member.role = role;
}

function roleViolations({ role }: Member, fields: ReadonlySet<MemberField>): FieldViolation[] {
  if (!fields.has('role') || roleNames.name(role) !== undefined) return [];
  return [{ field: 'member.role', description: 'is required when the mask names it', rule: 'REQUIRED' }];
}

function nothingToChange() {
  const description = 'names nothing to change; without a mask those fields count that are not empty';
  return invalidArgument([{ field: 'update_mask', description }]);
}
