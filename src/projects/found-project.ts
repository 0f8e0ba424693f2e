import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { Project as Parent } from '../entities/project.ts';
import type { Member } from '../gen/lightning/projects/v1/member_pb.ts';
import type { Project } from '../gen/lightning/projects/v1/project_pb.ts';
import { mailNewMembers } from '../mail/added-to-project.ts';
import { allMembers } from '../members/member-query.ts';
import { insertMembers, type Membership } from '../members/member-set.ts';
import { newProject } from './new-project.ts';
import { readProject } from './project-query.ts';
import { memberSetViolations } from './project-rules.ts';

/**
 * Writes a new project, a sandbox when it has a parent, with its first members. Refuses with every violation
 * at once; a project may begin without any member, but not with members of whom none is the owner.
 *
 * @param notify whether the members are mailed; undefined: unless it is a sandbox
 */
export async function foundProject(
  unit: UnitOfWork,
  message: Project,
  parent: Parent | null,
  members: readonly Membership[],
  notify: boolean | undefined,
): Promise<{ project: Project; members: Member[] }> {
  const { id } = newProject(unit, message, parent, members.length > 0 ? memberSetViolations(members) : []);
  await unit.em.flush();
  await insertMembers(unit, id, members);
  const eventId = unit.record({ kind: 'project_created', projectId: id, itemType: 'project', itemId: id });
  const userIds = members.map(({ userId }) => userId);
  if (notify ?? parent === null) mailNewMembers(unit, eventId, id, userIds);
  return { project: await readProject(unit.db, id), members: await allMembers(unit.db, id) };
}
