import type { RoleName } from '../call/permissions.ts';
import type { Queries } from '../database/queries.ts';
import type { Member } from '../gen/lightning/projects/v1/member_pb.ts';
import { memberMessage } from './member-message.ts';

/** Memberships with the people they are of (project_users_query/1). */
export function members(db: Queries) {
  return db
    .selectFrom('project_users')
    .innerJoin('users', 'users.id', 'project_users.user_id')
    .select([
      'project_users.id',
      'project_users.project_id',
      'project_users.user_id',
      'project_users.role',
      'project_users.digest',
      'project_users.failure_alert',
      'project_users.inserted_at',
      'project_users.updated_at',
      'users.email',
      'users.first_name',
      'users.last_name',
    ]);
}

/** All members of one project, by first name. */
export async function allMembers(db: Queries, projectId: string): Promise<Member[]> {
  const rows = await members(db)
    .where('project_users.project_id', '=', projectId)
    .orderBy('users.first_name')
    .orderBy('project_users.id')
    .execute();
  return rows.map(memberMessage);
}

/** A person's role in a project; undefined for somebody who is no member of it. */
export async function memberRole(
  db: Queries,
  projectId: string,
  userId: string,
): Promise<RoleName | undefined> {
  const row = await db
    .selectFrom('project_users')
    .select('role')
    .where('project_id', '=', projectId)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return row?.role;
}
