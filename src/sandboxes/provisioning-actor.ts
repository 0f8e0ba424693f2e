import { permissionDenied } from '../call/failure.ts';
import { decide } from '../call/permissions.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { requireUsers } from '../directory/require-users.ts';
import type { Project } from '../entities/project.ts';

/**
 * Throws unless the acting person may provision a sandbox under the project, also when a service acts for
 * them: PERMISSION_DENIED ROLE_REQUIRED or USER_DISABLED, INVALID_ARGUMENT for somebody unknown.
 */
export async function requireProvisioner(unit: UnitOfWork, parent: Project, actorId: string): Promise<void> {
  await requireUsers(unit, [{ userId: actorId, field: 'actor_user_id' }]);
  const { superuser, disabled, role } = await unit.db
    .selectFrom('users')
    .leftJoin('project_users', (join) =>
      join.onRef('project_users.user_id', '=', 'users.id').on('project_users.project_id', '=', parent.id),
    )
    .select((row) => [
      row('users.role', '=', 'superuser').as('superuser'),
      'users.disabled',
      'project_users.role',
    ])
    .where('users.id', '=', actorId)
    .executeTakeFirstOrThrow();
  if (disabled) throw permissionDenied('USER_DISABLED', `user ${actorId} is disabled`);
  const verdict = decide('provision', {
    isSandbox: parent.parent !== null,
    hat: role,
    rootHat: null,
    superuser: superuser === true,
    pendingDeletion: false,
  });
  if (verdict === 'granted') return;
  throw permissionDenied(
    'ROLE_REQUIRED',
    `user ${actorId} is neither owner nor admin of project ${parent.id}`,
  );
}
