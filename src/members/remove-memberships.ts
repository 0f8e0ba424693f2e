import type { UnitOfWork } from '../database/unit-of-work.ts';

/**
 * Ends memberships, and takes the people's own credentials out of the project with them; jobs that used one lose the
 * reference (delete_project_user!/1).
 */
export async function removeMemberships(
  unit: UnitOfWork,
  projectId: string,
  userIds: readonly string[],
): Promise<void> {
  if (userIds.length === 0) return;
  await unit.db
    .deleteFrom('project_credentials')
    .where('project_id', '=', projectId)
    .where('credential_id', 'in', (own) =>
      own.selectFrom('credentials').select('id').where('user_id', 'in', userIds),
    )
    .execute();
  await unit.db
    .deleteFrom('project_users')
    .where('project_id', '=', projectId)
    .where('user_id', 'in', userIds)
    .execute();
}
