import type { JsonObject } from '@bufbuild/protobuf';
import { type RawBuilder, sql } from 'kysely';
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

/** A page of the audit trail, the newest first, then by id. */
export function auditPage(db: Queries, filters: AuditFilters, page: NewestPage) {
  return db
    .selectFrom('audit_events')
    .select([
      'id',
      'kind',
      'item_type',
      'item_id',
      'project_id',
      'actor_id',
      'service',
      'method',
      'request_id',
      sql<JsonObject>`changes`.as('changes'),
      'inserted_at',
    ])
    .where(isOnPage('audit_events', selectionOf(filters), page))
    .orderBy('inserted_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit);
}

/**
 * What passes the filters, on the indexes on (inserted_at, …), (project_id, …), (kind, …) or (project_id, kind, …); on
 * that on (actor_id, …), and the rest row by row, when a person is named: one person does not do all that much.
 */
function selectionOf({ projectId, userId, kinds }: AuditFilters): Selection {
  const conditions: RawBuilder<unknown>[] = [];
  if (projectId !== '') conditions.push(sql`project_id = ${projectId}`);
  if (userId !== '') {
    conditions.push(sql`actor_id = ${userId}`);
    if (kinds.length > 0) conditions.push(sql`kind = any(${kinds}::text[])`);
  }
  if (userId !== '' || kinds.length === 0) return { match: all(conditions) };
  return {
    match: all([...conditions, sql`kind = range.kind`]),
    several: { ranges: sql`select unnest(${kinds}::text[]) as kind`, count: kinds.length },
  };
}

function all(conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return conditions.length === 0 ? sql`true` : sql.join([...conditions], sql` and `);
}
