import { type Kysely, sql } from 'kysely';
import type { AccessFacts, AccessReader, PersonFacts } from '../call/access.ts';
import type { Hat, RoleName } from '../call/permissions.ts';
import { inOneTick } from './in-one-tick.ts';
import type { Database } from './tables.ts';

interface Row {
  readonly found: boolean;
  readonly is_sandbox: boolean | null;
  readonly pending_deletion: boolean | null;
  readonly allows_support: boolean | null;
  readonly root_allows_support: boolean | null;
  readonly role: RoleName | null;
  readonly root_role: RoleName | null;
  readonly superuser: boolean;
  readonly support_user: boolean;
  readonly disabled: boolean;
}

/**
 * Reads what decides about access: one statement for all questions asked in one tick of the event loop. Each answer
 * depends on its own question's person alone, so sharing the statement shows nobody what another may see.
 *
 * Relies on the primary keys and on the unique index of `project_users`; walks to the root only from sandboxes.
 */
export function accessReader(db: Kysely<Database>): AccessReader {
  const ask = inOneTick<{ userId: string | null; projectId: string | null }, Row>(async (questions) => {
    const users = questions.map(({ userId }) => userId);
    const projects = questions.map(({ projectId }) => projectId);
    const { rows } = await sql<Row>`
      select p.id is not null as found,
             p.parent_id is not null as is_sandbox,
             p.scheduled_deletion is not null as pending_deletion,
             p.allow_support_access as allows_support,
             root.allow_support_access as root_allows_support,
             pu.role,
             root_pu.role as root_role,
             coalesce(u.role = 'superuser', false) as superuser,
             coalesce(u.support_user, false) as support_user,
             coalesce(u.disabled, false) as disabled
      from unnest(${users}::uuid[], ${projects}::uuid[]) with ordinality as q (user_id, project_id, place)
      left join users u on u.id = q.user_id
      left join projects p on p.id = q.project_id and p.deletion_started_at is null
      left join project_users pu on pu.project_id = p.id and pu.user_id = q.user_id
      left join lateral (
        with recursive above as (
          select id, parent_id, allow_support_access from projects where id = p.parent_id
          union
          select parent.id, parent.parent_id, parent.allow_support_access
          from projects parent join above on parent.id = above.parent_id
        )
        select id, allow_support_access from above where parent_id is null
      ) root on p.parent_id is not null
      left join project_users root_pu on root_pu.project_id = root.id and root_pu.user_id = q.user_id
      order by q.place`.execute(db);
    return rows;
  });

  return {
    async person(userId) {
      return personFacts(await ask({ userId, projectId: null }));
    },
    async project(userId, projectId) {
      const row = await ask({ userId, projectId });
      return { ...projectFacts(row), ...personFacts(row) };
    },
  };
}

function personFacts(row: Row): PersonFacts {
  return { superuser: row.superuser, supportUser: row.support_user, disabled: row.disabled };
}

function projectFacts(row: Row): AccessFacts {
  return {
    projectExists: row.found,
    isSandbox: row.is_sandbox === true,
    pendingDeletion: row.pending_deletion === true,
    hat: hat(row.role, row.support_user && row.allows_support === true),
    rootHat: hat(row.root_role, row.support_user && row.root_allows_support === true),
    superuser: row.superuser,
  };
}

/** A support user who is a member has the role and no more. */
function hat(role: RoleName | null, support: boolean): Hat | null {
  return role ?? (support ? 'support' : null);
}
