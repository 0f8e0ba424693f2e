import { sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import type { EventPosition } from './event-position.ts';

/** An event as it is stored. */
export interface EventRow {
  readonly xid: string;
  readonly id: string;
  readonly project_id: string;
  readonly kind: string;
  readonly actor_id: string | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly inserted_at: string;
}

/** Events in order, each with the position after it, and the position after all of them. */
export interface Look {
  readonly events: readonly { readonly event: EventRow; readonly position: EventPosition }[];
  readonly position: EventPosition;
  /** There may be more at once. */
  readonly isFull: boolean;
}

/** Events of one look. */
const MOST = 500;

/** The position from which nothing is seen but what is still to come. */
export async function presentPosition(db: Queries): Promise<EventPosition> {
  const { rows } = await sql<{ seen: string }>`select pg_current_snapshot()::text as seen`.execute(db);
  return { seen: rows[0]?.seen ?? '' };
}

/** Whether the position can be one of this database. */
export async function isOfPast(db: Queries, { seen, within }: EventPosition): Promise<boolean> {
  const { rows } = await sql<{ is_past: boolean }>`
    select pg_snapshot_xmax(${within?.until ?? seen}::pg_snapshot) <= pg_snapshot_xmax(pg_current_snapshot())
      as is_past`.execute(db);
  return rows[0]?.is_past === true;
}

/**
 * The next events after a position: those of transactions that ran when one last looked, and of those that began since.
 * Two ranges of the index on (xid, id), read in its order, so that a look costs what it finds, however long some
 * transaction has been open.
 *
 * @param until look no further than this snapshot; left out: to the present
 */
export async function eventsAfter(
  db: Queries,
  { seen, within }: EventPosition,
  until?: string,
): Promise<Look> {
  const isAfter =
    within === undefined ? sql`true` : sql`(xid, id) > (${within.last[0]}::xid8, ${within.last[1]}::bigint)`;
  const part = (xids: ReturnType<typeof sql>) => sql`(
    select xid, id, project_id, kind, actor_id, data, inserted_at from events
    where ${xids} and ${isAfter} and pg_visible_in_snapshot(xid, edge.until)
    order by xid, id limit ${MOST}
  )`;
  const { rows } = await sql<{ until: string; id: string | null } & Omit<EventRow, 'id'>>`
    with edge as materialized (
      select coalesce(${within?.until ?? until ?? null}::pg_snapshot, pg_current_snapshot()) as until,
             ${seen}::pg_snapshot as seen
    )
    select edge.until::text, event.xid::text, event.id::text, project_id, kind, actor_id, data,
           inserted_at::text
    from edge left join lateral (
      select * from (
        ${part(sql`xid = any(array(select pg_snapshot_xip(edge.seen)))`)}
        union all
        ${part(sql`xid >= pg_snapshot_xmax(edge.seen)`)}
      ) either order by xid, id limit ${MOST}
    ) event on true
    order by event.xid, event.id`.execute(db);
  const upTo = rows[0]?.until ?? seen;
  const found = rows.flatMap(({ id, ...rest }) => (id === null ? [] : [{ ...rest, id }]));
  const events = found.map((event) => ({
    event,
    position: { seen, within: { until: upTo, last: [event.xid, event.id] as const } },
  }));
  const last = events.at(-1);
  const isFull = events.length === MOST;
  return { events, position: isFull && last !== undefined ? last.position : { seen: upTo }, isFull };
}
