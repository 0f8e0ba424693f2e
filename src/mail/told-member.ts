import type { Queries } from '../database/queries.ts';
import { nameOf } from './compose-mail.ts';

/** Ids of the owner and the admins of a project. */
export async function headsOf(read: Queries, projectId: string): Promise<string[]> {
  const heads = await read
    .selectFrom('project_users')
    .select('user_id')
    .where('project_id', '=', projectId)
    .where('role', 'in', ['owner', 'admin'])
    .orderBy('user_id')
    .execute();
  return heads.map(({ user_id }) => user_id);
}

/**
 * A member who is to be told what somebody did to a project, with both their names; nobody who is disabled, and nobody of
 * a project that is being deleted.
 */
export function toldMember(
  read: Queries,
  projectId: string,
  recipientId: string,
  /** Null when a service acted for nobody. */
  actorId: string | null,
) {
  return read
    .selectFrom('project_users')
    .innerJoin('users', 'users.id', 'project_users.user_id')
    .innerJoin('projects', 'projects.id', 'project_users.project_id')
    .leftJoin('users as actor', (join) => join.on('actor.id', '=', actorId))
    .select(['users.email', 'users.first_name', 'users.last_name', 'projects.name'])
    .select([
      'actor.email as actor_email',
      'actor.first_name as actor_first',
      'actor.last_name as actor_last',
    ])
    .where('project_users.project_id', '=', projectId)
    .where('project_users.user_id', '=', recipientId)
    .where('users.disabled', '=', false)
    .where('projects.deletion_started_at', 'is', null);
}

interface Actor {
  readonly actor_email: string | null;
  readonly actor_first: string | null;
  readonly actor_last: string | null;
}

/** Who did it, at the beginning of a sentence. */
export function actorOf({
  actor_email: email,
  actor_first: first_name,
  actor_last: last_name,
}: Actor): string {
  return email === null || first_name === null || last_name === null
    ? 'An internal service'
    : nameOf({ email, first_name, last_name });
}
