import type { Queries } from '../database/queries.ts';
import { memberMessage } from './member-message.ts';
import { members } from './member-query.ts';

/** The memberships of some people in a project, in the order of the people. */
export async function membersInOrder(db: Queries, projectId: string, userIds: readonly string[]) {
  const rows = await members(db)
    .where('project_users.project_id', '=', projectId)
    .where('project_users.user_id', 'in', userIds)
    .execute();
  const byUser = new Map(rows.map((row) => [row.user_id, memberMessage(row)]));
  return userIds.map((id) => byUser.get(id)).filter((member) => member !== undefined);
}
