import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import { notFound } from '../call/failure.ts';
import type { PageKey } from '../call/page-token.ts';
import type { RoleName } from '../call/permissions.ts';
import { qualifiedProjectColumns } from '../database/project-row.ts';
import type { Queries } from '../database/queries.ts';

/** Whose projects are listed. */
export interface Viewer {
  readonly id: string;
  /** Whether the projects that allow support access are among them. */
  readonly seesSupported: boolean;
  /** A disabled user sees nothing. */
  readonly disabled: boolean;
}

/** The person that a request names, or else the one who calls. Throws NOT_FOUND for one that nobody knows. */
export async function readViewer(call: Call, userId: string): Promise<Viewer> {
  const id = userId === '' && call.principal.kind === 'user' ? call.principal.userId : userId.toLowerCase();
  const user = await call.read
    .selectFrom('users')
    .select(['support_user', 'disabled'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (user === undefined) throw notFound('user', id);
  return { id, seesSupported: user.support_user, disabled: user.disabled };
}

/** Where a page of a person's projects begins and how it is sorted. */
export interface UserProjectsPage {
  readonly direction: 'asc' | 'desc';
  /** What the list is sorted by, and id, of the last project before the page. */
  readonly after: PageKey | undefined;
  readonly limit: number;
}

/**
 * A page of a person's projects by name, then id (projects_for_user_query/1). Of memberships all are read, since names
 * are the projects' own; of the projects that allow support access only as many as the page has, by an index of theirs.
 */
export function userProjectsByName(
  db: Queries,
  viewer: Viewer,
  { direction, after, limit }: UserProjectsPage,
) {
  const comparison = direction === 'asc' ? sql`>` : sql`<`;
  const later =
    after === undefined
      ? sql<boolean>`true`
      : sql<boolean>`(projects.name, projects.id) ${comparison} (${after[0]}, ${after[1]}::uuid)`;
  const own = memberProjects(db, viewer).where(later);
  const supported = supportedProjects(db, viewer)
    .where(later)
    .orderBy('projects.name', direction)
    .orderBy('projects.id', direction)
    .limit(limit);
  return db
    .selectFrom(own.unionAll(db.selectFrom(supported.as('projects')).selectAll()).as('projects'))
    .selectAll()
    .orderBy('projects.name', direction)
    .orderBy('projects.id', direction)
    .limit(limit);
}

/**
 * A page of a person's projects by their workflows' latest change, then id; those without one come last. All projects
 * of the person are looked at, each with one probe of the index on (project_id, updated_at).
 */
export function userProjectsByDate(
  db: Queries,
  viewer: Viewer,
  { direction, after, limit }: UserProjectsPage,
) {
  const all = memberProjects(db, viewer).unionAll(supportedProjects(db, viewer));
  // The fence keeps PostgreSQL from looking a project's date up again wherever it is named.
  const dated = db
    .selectFrom(all.as('projects'))
    .selectAll()
    .select(latestChange.as('last_updated_at'))
    .offset(0);
  return db
    .selectFrom(dated.as('projects'))
    .selectAll()
    .$if(after !== undefined, (query) => query.where(comesLater(direction, after ?? [])))
    .orderBy('projects.last_updated_at', (order) => order[direction]().nullsLast())
    .orderBy('projects.id', direction)
    .limit(limit);
}

/** When a workflow of `projects`, not deleted, last changed; null without any. */
export const latestChange = sql<string | null>`(
  select max(updated_at) from workflows where project_id = projects.id and deleted_at is null
)`;

function comesLater(direction: 'asc' | 'desc', [date, id]: PageKey) {
  const comparison = direction === 'asc' ? sql`>` : sql`<`;
  if (date === null) return sql<boolean>`last_updated_at is null and id ${comparison} ${id}::uuid`;
  return sql<boolean>`
    ((last_updated_at, id) ${comparison} (${date}::timestamptz, ${id}::uuid) or last_updated_at is null)`;
}

/** Roots that are neither scheduled for deletion nor being deleted. */
function roots(db: Queries) {
  return db
    .selectFrom('projects')
    .select(qualifiedProjectColumns)
    .where('projects.parent_id', 'is', null)
    .where('projects.scheduled_deletion', 'is', null)
    .where('projects.deletion_started_at', 'is', null);
}

function memberProjects(db: Queries, { id, disabled }: Viewer) {
  return roots(db)
    .innerJoin('project_users', 'project_users.project_id', 'projects.id')
    .select(sql<RoleName | null>`project_users.role`.as('role'))
    .where('project_users.user_id', '=', id)
    .$if(disabled, (query) => query.where(sql<boolean>`false`));
}

/** Those that let the person in who is no member: then the membership's role counts. */
function supportedProjects(db: Queries, { id, seesSupported, disabled }: Viewer) {
  return roots(db)
    .select(sql<RoleName | null>`null`.as('role'))
    .where('projects.allow_support_access', '=', true)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('project_users')
            .select('project_users.id')
            .whereRef('project_users.project_id', '=', 'projects.id')
            .where('project_users.user_id', '=', id),
        ),
      ),
    )
    .$if(disabled || !seesSupported, (query) => query.where(sql<boolean>`false`));
}
