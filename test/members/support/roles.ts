import { rows } from '../../support/rows.ts';
import type { TestService } from '../../support/service.ts';

/** Who is what in a project, by id of the person. */
export async function rolesIn(
  service: Pick<TestService, 'databaseUrl'>,
  projectId: string,
): Promise<Record<string, string>> {
  const found = await rows<{ user_id: string; role: string }>(
    service,
    'select user_id, role from project_users where project_id = $1',
    [projectId],
  );
  return Object.fromEntries(found.map(({ user_id, role }) => [user_id, role]));
}

/** What was written down of a project's members, oldest first, but for how they came to be. */
export function memberChangesOf(
  service: Pick<TestService, 'databaseUrl'>,
  projectId: string,
): Promise<{ item_type: string; item_id: string; actor_id: string | null; changes: unknown }[]> {
  return rows(
    service,
    `select item_type, item_id, actor_id, changes from audit_events
     where project_id = $1 and kind = 'members_changed' order by id`,
    [projectId],
  );
}
