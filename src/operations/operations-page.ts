import { type RawBuilder, sql } from 'kysely';
import { isOnPage, type NewestPage, type Selection } from '../database/newest-first.ts';
import { type OperationKindName, type OperationStateName, operationKinds } from './operation-names.ts';
import { type OperationRow, operationColumns } from './operation-query.ts';

export interface OperationFilters {
  /** Only operations of this project; empty for all. */
  readonly projectId: string;
  /** Only operations that this person started; null for anybody's. */
  readonly actorId: string | null;
  /** Only of these kinds; empty for all. */
  readonly kinds: readonly OperationKindName[];
  /** Only in these states; empty for all. */
  readonly states: readonly OperationStateName[];
}

/** A page of operations, the newest first, then by id. */
export function operationsPage(filters: OperationFilters, page: NewestPage): RawBuilder<OperationRow> {
  return sql<OperationRow>`
    select ${operationColumns} from operations where ${isOnPage('operations', selectionOf(filters), page)}
    order by operations.inserted_at desc, operations.id desc limit ${page.limit}`;
}

/**
 * What passes the filters: on the index on (project_id, …) or (actor_id, …), else on that on (kind, …), which there are
 * few of. The rest is looked at row by row.
 */
function selectionOf({ projectId, actorId, kinds, states }: OperationFilters): Selection {
  const isOfKind = kinds.length === 0 ? sql`true` : sql`kind = any(${kinds}::text[])`;
  const isInState = states.length === 0 ? sql`true` : sql`state = any(${states}::text[])`;
  if (projectId !== '' || actorId !== null) {
    const ofProject = projectId === '' ? sql`true` : sql`project_id = ${projectId}::uuid`;
    const ofActor = actorId === null ? sql`true` : sql`actor_id = ${actorId}::uuid`;
    return { match: sql`${ofProject} and ${ofActor} and ${isOfKind} and ${isInState}` };
  }
  const ranges = kinds.length === 0 ? kindsThereAre : sql`select unnest(${kinds}::text[]) as kind`;
  const count = kinds.length === 0 ? operationKinds.names.length : kinds.length;
  return { match: sql`kind = range.kind and ${isInState}`, several: { ranges, count } };
}

/** Every kind, with one look into the index for each; jobs that failed for good may be of others than are started. */
const kindsThereAre = sql`
  with recursive known as (
    select min(kind) as kind from operations
    union all
    select (select min(kind) from operations where kind > known.kind) from known where known.kind is not null
  )
  select kind from known where kind is not null`;
