import { sql } from 'kysely';
import { decide, type Hat, type RoleName } from '../call/permissions.ts';
import type { Queries } from '../database/queries.ts';

/** What watchers need to know of a project when something happened to it. */
export interface WatchedProject {
  readonly id: string;
  readonly parentId: string | null;
  readonly headHash: string | null;
  /** The project itself and all above it. */
  readonly path: readonly string[];
  /** Of the people asked about those who may have something to do with it, readers or not. */
  readonly concerned: ReadonlySet<string>;
  /** Whether the person may read it at this moment. */
  isReadBy(userId: string): boolean;
}

interface ProjectFacts {
  readonly id: string;
  readonly parent_id: string | null;
  readonly head_hash: string | null;
  readonly path: readonly string[];
  readonly root_id: string;
  readonly pending: boolean;
  readonly is_gone: boolean;
  readonly allow_support_access: boolean;
  readonly root_allows_support: boolean;
  /** Of a project that is gone, or on its way: those who were members when that began, and whether support was let in. */
  readonly last_members: readonly string[] | null;
  readonly was_supported: boolean;
  readonly roles: Readonly<Record<string, RoleName>> | null;
  readonly root_roles: Readonly<Record<string, RoleName>> | null;
}

/**
 * Projects by id, with what decides who may read them: one statement for any number of projects and people. A project
 * that is gone, or on its way, is read by those who were its members when that began, and by support users whom it let in,
 * and stands where it stood then.
 */
export async function watchedProjects(
  db: Queries,
  projectIds: readonly string[],
  userIds: readonly string[],
): Promise<ReadonlyMap<string, WatchedProject>> {
  const rolesIn = (project: ReturnType<typeof sql>) => sql`(
    select jsonb_object_agg(user_id, role) from project_users
    where project_id = ${project} and user_id = any(${userIds}::uuid[])
  )`;
  const [{ rows: projects }, people] = [
    await sql<ProjectFacts>`
      with recursive above as (
        select id as start, id, parent_id, 0 as depth from projects where id = any(${projectIds}::uuid[])
        union all
        select start, parent.id, parent.parent_id, depth + 1
        from above join projects parent on parent.id = above.parent_id
      ) cycle id set is_circular using way
      , path as materialized (
        select start, array_agg(id order by depth) as ids from above group by start
      )
      select asked.id, coalesce(p.parent_id, last.ancestors[1]) as parent_id, p.head_hash,
             coalesce(path.ids, asked.id || coalesce(last.ancestors, '{}')) as path,
             p.scheduled_deletion is not null as pending,
             p.id is null or p.deletion_started_at is not null as is_gone,
             coalesce(p.allow_support_access, false) as allow_support_access,
             coalesce(root.allow_support_access, false) as root_allows_support,
             last.members as last_members,
             coalesce(last.supported, false) as was_supported,
             ${rolesIn(sql`asked.id`)} as roles,
             case when root.id <> asked.id then ${rolesIn(sql`root.id`)} end as root_roles
      from unnest(${projectIds}::uuid[]) asked (id)
      left join projects p on p.id = asked.id
      left join path on path.start = asked.id
      left join lateral (
        select array(select jsonb_array_elements_text(data -> 'members')) as members,
               (data -> 'supported')::boolean as supported,
               array(select jsonb_array_elements_text(data -> 'ancestors'))::uuid[] as ancestors
        from events
        where (p.id is null or p.deletion_started_at is not null)
          and project_id = asked.id and kind = 'project_deletion_started'
        limit 1
      ) last on true
      left join projects root on root.id = path.ids[cardinality(path.ids)]`.execute(db),
    await flagsOf(db, userIds),
  ];
  return new Map(projects.map((project) => [project.id, watchedProject(project, people)]));
}

interface Flags {
  readonly id: string;
  readonly superuser: boolean;
  readonly support_user: boolean;
  readonly disabled: boolean;
}

/** Of those who have any. */
async function flagsOf(db: Queries, userIds: readonly string[]): Promise<ReadonlyMap<string, Flags>> {
  const { rows } = await sql<Flags>`
    select id, role = 'superuser' as superuser, support_user, disabled
    from users
    where id = any(${userIds}::uuid[]) and (role = 'superuser' or support_user or disabled)`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}

function watchedProject(project: ProjectFacts, people: ReadonlyMap<string, Flags>): WatchedProject {
  const lastMembers = new Set(project.last_members);
  const roles = [...Object.keys(project.roles ?? {}), ...Object.keys(project.root_roles ?? {})];
  return {
    id: project.id,
    parentId: project.parent_id,
    headHash: project.head_hash,
    path: project.path,
    concerned: new Set([...roles, ...lastMembers, ...people.keys()]),
    isReadBy(userId) {
      const person = people.get(userId);
      if (person?.disabled === true) return false;
      const isSupport = person?.support_user === true;
      if (project.is_gone) return lastMembers.has(userId) || (isSupport && project.was_supported);
      const hat = (role: RoleName | undefined, allows: boolean): Hat | null =>
        role ?? (isSupport && allows ? 'support' : null);
      const isSandbox = project.parent_id !== null;
      const verdict = decide('read', {
        isSandbox,
        hat: hat(project.roles?.[userId], project.allow_support_access),
        rootHat: isSandbox ? hat(project.root_roles?.[userId], project.root_allows_support) : null,
        superuser: person?.superuser === true,
        pendingDeletion: project.pending,
      });
      return verdict === 'granted';
    },
  };
}
