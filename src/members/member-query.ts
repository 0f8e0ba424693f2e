import { sql } from 'kysely';
import type { PageKey } from '../call/page-token.ts';
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

/** What a page of a project's members depends on. */
export interface MembersPage {
  readonly projectId: string;
  /** Only members in one of these roles; empty for all. */
  readonly roles: readonly RoleName[];
  /** First name and id of the last member before the page. */
  readonly after: PageKey | undefined;
  readonly limit: number;
}

/** A page of a project's members, by first name, then id. Relies on the unique index on (project_id, user_id). */
export function membersPage(db: Queries, { projectId, roles, after, limit }: MembersPage) {
  return members(db)
    .where('project_users.project_id', '=', projectId)
    .$if(roles.length > 0, (query) => query.where('project_users.role', 'in', roles))
    .$if(after !== undefined, (query) =>
      query.where(sql<boolean>`(users.first_name, project_users.id) > (${after?.[0]}, ${after?.[1]}::uuid)`),
    )
    .orderBy('users.first_name')
    .orderBy('project_users.id')
    .limit(limit);
}

/** One membership, which must be there. */
export async function readMember(db: Queries, id: string): Promise<Member> {
  return memberMessage(await members(db).where('project_users.id', '=', id).executeTakeFirstOrThrow());
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
