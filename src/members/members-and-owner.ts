import type { Queries } from '../database/queries.ts';

/** Which of some people are members of a project, and its owner; there is an owner wherever there is a member. */
export async function membersAndOwner(db: Queries, projectId: string, userIds: readonly string[]) {
  return await db
    .selectFrom('project_users')
    .select(['id', 'user_id', 'role'])
    .where('project_id', '=', projectId)
    .where((row) => row.or([row('user_id', 'in', userIds), row('role', '=', 'owner')]))
    .execute();
}
