import type { JsonObject } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import { BoundedAnswer } from '../database/bounded-answer.ts';
import { eventKinds } from '../database/event-kinds.ts';
import { isOnPage, type NewestPage, type Selection } from '../database/newest-first.ts';
import type { Queries } from '../database/queries.ts';

export interface AuditFilters {
  /** Only entries of this project; empty for all. */
  readonly projectId: string;
  /** Only entries of what this person did; empty for anybody's. */
  readonly userId: string;
  /** Only entries of these kinds; empty for all. */
  readonly kinds: readonly string[];
}

/** A page of the audit trail, the newest first, then by id. Ends where the changes get too much for one answer. */
export function auditPage(db: Queries, filters: AuditFilters, page: NewestPage) {
  const rows = db
    .selectFrom('audit_events')
    .select(columns)
    .select(['changes', sql<number>`octet_length(changes::text)`.as('bytes')])
    .where(isOnPage('audit_events', selectionOf(filters), page))
    .orderBy('inserted_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit);
  return db
    .selectFrom(rows.as('page'))
    .select(columns)
    .select([answer.whereFitting<JsonObject>('changes').as('changes'), answer.fits().as('fits')])
    .orderBy('inserted_at', 'desc')
    .orderBy('id', 'desc');
}

const columns = [
  'id',
  'kind',
  'item_type',
  'item_id',
  'project_id',
  'actor_id',
  'service',
  'method',
  'request_id',
  'inserted_at',
] as const;

const answer = new BoundedAnswer(sql`inserted_at desc, id desc`);

/**
 * What passes the filters, on the indexes on (project_id, …), (project_id, kind, …) or (kind, …); on that on
 * (actor_id, …), the rest row by row, when a person is named: one person does not do all that much.
 */
function selectionOf({ projectId, userId, kinds }: AuditFilters): Selection {
  const ofProject = projectId === '' ? sql`true` : sql`project_id = ${projectId}`;
  if (userId !== '') {
    const ofKinds = kinds.length === 0 ? sql`true` : sql`kind = any(${kinds}::text[])`;
    return { match: sql`actor_id = ${userId} and ${ofProject} and ${ofKinds}` };
  }
  if (projectId !== '' && kinds.length === 0) return { match: ofProject };
  const ranges = kinds.length === 0 ? kindsThereAre : sql`select unnest(${kinds}::text[]) as kind`;
  return {
    match: sql`${ofProject} and kind = range.kind`,
    several: { ranges, count: kinds.length === 0 ? eventKinds.length : kinds.length },
  };
}

/**
 * Every kind of entry, with one look into the index for each. The whole trail is read through the kinds, too: of an
 * index on (inserted_at, …) alone PostgreSQL might make use for a project, and read what all others did since.
 */
const kindsThereAre = sql`
  with recursive known as (
    select min(kind) as kind from audit_events
    union all
    select (select min(kind) from audit_events where kind > known.kind) from known where known.kind is not null
  )
  select kind from known where kind is not null`;
