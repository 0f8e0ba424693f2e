import { type RawBuilder, sql } from 'kysely';
import type { Call } from '../call/call.ts';
import type { ProjectRow } from '../database/project-row.ts';
import type { Project } from '../gen/lightning/projects/v1/project_pb.ts';
import type { WatchProjectsRequest } from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { projectMessages } from '../projects/project-message.ts';
import { visibleProjects } from '../projects/project-query.ts';

/** Projects of one statement. */
const PAGE = 200;
const FIRST = '00000000-0000-0000-0000-000000000000';

/** The projects that a watch is about and that the caller may read, by id; each as it is when it is sent. */
export async function* presentProjects(request: WatchProjectsRequest, call: Call): AsyncGenerator<Project> {
  const candidates = candidatesOf(request, call);
  const pages = candidates === undefined ? pagesOfAll(call) : pagesOf(await idsOf(call, candidates), call);
  for await (const rows of pages) {
    const readable = new Set(await call.access.readable(rows.map(({ id }) => id)));
    yield* await projectMessages(
      call.read,
      rows.filter(({ id }) => readable.has(id)),
    );
  }
}

async function* pagesOfAll(call: Call): AsyncGenerator<ProjectRow[]> {
  for (let after: string | undefined = FIRST; after !== undefined; ) {
    const rows = await visibleProjects(call.read)
      .where('projects.id', '>', after)
      .orderBy('projects.id')
      .limit(PAGE)
      .execute();
    yield rows;
    after = rows.length < PAGE ? undefined : rows.at(-1)?.id;
  }
}

async function* pagesOf(ids: readonly string[], call: Call): AsyncGenerator<ProjectRow[]> {
  for (let at = 0; at < ids.length; at += PAGE) {
    yield await visibleProjects(call.read)
      .where(sql<boolean>`projects.id = any(${ids.slice(at, at + PAGE)}::uuid[])`)
      .orderBy('projects.id')
      .execute();
  }
}

/** Read once: with every page all that stands below would be looked for again. Those that come later are told as events. */
async function idsOf(call: Call, candidates: RawBuilder<unknown>): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select distinct id from (${candidates}) as candidate order by id`.execute(call.read);
  return rows.map(({ id }) => id);
}

/** Ids of projects, more than the caller may read at most; undefined for all. */
function candidatesOf(
  { projectIds, includeDescendants }: WatchProjectsRequest,
  call: Call,
): RawBuilder<unknown> | undefined {
  if (projectIds.length > 0) {
    const named = sql`select unnest(${projectIds}::uuid[]) as id`;
    return includeDescendants ? withAllBelow(named) : named;
  }
  if (call.principal.kind === 'service') return undefined;
  const { userId } = call.principal;
  // Of roles above a sandbox only those in the root count, so that whatever else is found here is sorted out later.
  return withAllBelow(sql`
    select project_id as id from project_users where user_id = ${userId}
    union
    select id from projects
    where allow_support_access and exists (select from users where id = ${userId} and support_user)`);
}

function withAllBelow(tops: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    with recursive below as (
      select id from (${tops}) as top
      union
      select child.id from below join projects child on child.parent_id = below.id
    )
    select id from below`;
}
