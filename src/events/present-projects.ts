import { type RawBuilder, sql } from 'kysely';
import type { Call } from '../call/call.ts';
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
  for (let after: string | undefined = FIRST; after !== undefined; ) {
    const rows = await visibleProjects(call.read)
      .where('projects.id', '>', after)
      .where(sql<boolean>`projects.id in (${candidates})`)
      .orderBy('projects.id')
      .limit(PAGE)
      .execute();
    const readable = new Set(await call.access.readable(rows.map(({ id }) => id)));
    yield* await projectMessages(
      call.read,
      rows.filter(({ id }) => readable.has(id)),
    );
    after = rows.length < PAGE ? undefined : rows.at(-1)?.id;
  }
}

/** Ids of projects, more than the caller may read at most. */
function candidatesOf(
  { projectIds, includeDescendants }: WatchProjectsRequest,
  call: Call,
): RawBuilder<unknown> {
  if (projectIds.length > 0) {
    const named = sql`select unnest(${projectIds}::uuid[]) as id`;
    return includeDescendants ? withAllBelow(named) : named;
  }
  if (call.principal.kind === 'service') return sql`select id from projects`;
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
