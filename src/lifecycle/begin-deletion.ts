import { sql } from 'kysely';
import { checkEtag, etagOf } from '../call/etag.ts';
import { type Failure, failedPrecondition, notFound } from '../call/failure.ts';
import { projectColumns } from '../database/project-row.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { Project } from '../gen/lightning/projects/v1/project_pb.ts';
import { projectMessages } from '../projects/project-message.ts';
import { type LockedProject, lockedSubtree } from './locked-subtree.ts';

/** The sandboxes that a failure lists by id: what fits into the trailers that clients take. */
const LISTED_SANDBOXES = 20;

export interface BegunDeletion {
  /** As it was. */
  readonly project: Project;
  /** What is to be deleted, in that order: the project itself last. */
  readonly projectIds: readonly string[];
}

/**
 * Begins the deletion of a project and of everything below it: from the end of this transaction on they are invisible
 * and nothing is added to them. One that has begun before is answered alike, whatever `force` and `etag` say now.
 *
 * @throws NOT_FOUND; ABORTED ETAG_MISMATCH; FAILED_PRECONDITION HAS_SANDBOXES without `force`
 */
export async function beginDeletion(
  unit: UnitOfWork,
  { id, force, etag }: { readonly id: string; readonly force: boolean; readonly etag: string },
): Promise<BegunDeletion> {
  const subtree = await lockedSubtree(unit, id);
  const [top, ...below] = subtree;
  if (top === undefined) throw notFound('project', id);
  if (top.deletion_started_at === null) {
    checkEtag(etag, etagOf(top.id, top.lock_version));
    const sandboxes = below.filter((project) => project.deletion_started_at === null);
    if (sandboxes.length > 0 && !force) throw hasSandboxes(top, sandboxes);
  }
  const rows = await unit.db.selectFrom('projects').select(projectColumns).where('id', '=', top.id).execute();
  const [project] = await projectMessages(unit.db, rows);
  if (project === undefined) throw notFound('project', id);
  await markSubtree(unit, subtree);
  return { project, projectIds: subtree.map((one) => one.id).reverse() };
}

/** Marks those of locked projects whose deletion has not begun, and tells so of each; answers how many they are. */
export async function markSubtree(unit: UnitOfWork, subtree: readonly LockedProject[]): Promise<number> {
  const fresh = subtree.filter((project) => project.deletion_started_at === null);
  if (fresh.length === 0) return 0;
  const ids = fresh.map(({ id }) => id);
  await sql`
    update projects set deletion_started_at = ${unit.now}, lock_version = lock_version + 1, updated_at = ${unit.now}
    where id = any(${ids}::uuid[])`.execute(unit.db);
  const watched = await watchedBy(unit, ids);
  for (const { id, name } of fresh) {
    const changes = { name: { before: name, after: name }, ...watched.get(id) };
    unit.record({
      kind: 'project_deletion_started',
      projectId: id,
      itemType: 'project',
      itemId: id,
      changes,
    });
  }
  return fresh.length;
}

interface Watched {
  readonly members: readonly string[];
  /** Whether the project or its root let in support. */
  readonly supported: boolean;
  /** Above the project, the nearest first. */
  readonly ancestors: readonly string[];
}

/**
 * Who are members of projects or of their roots, whether support users may read them, and what stands above the projects:
 * whoever watches these or is one of those is told when all is gone, and with it memberships and places.
 */
async function watchedBy(unit: UnitOfWork, ids: readonly string[]): Promise<ReadonlyMap<string, Watched>> {
  const { rows } = await sql<Watched & { readonly id: string }>`
    with recursive above as (
      select id as start, parent_id as id, 1 as depth from projects
      where id = any(${ids}::uuid[]) and parent_id is not null
      union all
      select start, parent.parent_id, depth + 1
      from above join projects parent on parent.id = above.id
      where parent.parent_id is not null
    ) cycle id set is_circular using way
    select asked.id,
           array(
             select distinct user_id from project_users where project_id in (asked.id, project_root(asked.id))
             order by user_id
           ) as members,
           exists (
             select from projects where id in (asked.id, project_root(asked.id)) and allow_support_access
           ) as supported,
           array(select above.id from above where start = asked.id order by depth) as ancestors
    from unnest(${ids}::uuid[]) asked (id)`.execute(unit.db);
  return new Map(rows.map(({ id, ...watched }) => [id, watched]));
}

function hasSandboxes({ name }: LockedProject, sandboxes: readonly LockedProject[]): Failure {
  const listed = sandboxes.slice(0, LISTED_SANDBOXES);
  const more = sandboxes.length - listed.length;
  const names = listed.map((sandbox) => sandbox.name).join(', ');
  const message = `below project ${name} there are ${names}${more > 0 ? ` and ${more} more` : ''}: force deletes them too`;
  return failedPrecondition(
    'HAS_SANDBOXES',
    message,
    listed.map((sandbox) => ({
      type: 'HAS_SANDBOXES',
      subject: `projects/${sandbox.id}`,
      description: `sandbox ${sandbox.name}`,
    })),
    { sandbox_count: String(sandboxes.length) },
  );
}
