import type { Call } from '../call/call.ts';
import { type NamedMember, noSuchMember } from '../call/member-place.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { ProjectUser } from '../entities/project-user.ts';
import { lockedProject } from '../projects/locked-project.ts';

/**
 * The membership that a request names, with its project locked: nobody else changes the project's members until the
 * transaction ends. Throws NOT_FOUND MEMBER_NOT_FOUND, and what {@link lockedProject} throws.
 */
export async function lockedMember(unit: UnitOfWork, call: Call, named: NamedMember): Promise<ProjectUser> {
  const place = await call.access.membership(named);
  if (place === undefined) throw noSuchMember(named);
  await lockedProject(unit, place.projectId);
  const member = await unit.em.findOne(
    ProjectUser,
    'memberId' in named ? { id: named.memberId } : { project: place.projectId, user: place.userId },
  );
  if (member === null) throw noSuchMember(named);
  return member;
}
