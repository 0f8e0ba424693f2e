import { type RawBuilder, sql } from 'kysely';
import { invalidArgument } from '../call/failure.ts';
import type { PageKey } from '../call/page-token.ts';
import type { ProjectRow } from '../database/project-row.ts';

/** One way to sort projects, on an index that ends with the id. */
export interface ProjectOrder {
  readonly by: 'name' | 'inserted_at' | 'updated_at';
  readonly direction: 'asc' | 'desc';
}

/** Reads `order_by` (AIP-132): `name` when it is empty, otherwise a column and, optionally, `desc`. */
export function readOrder(orderBy: string): ProjectOrder {
  const match = /^\s*(name|inserted_at|updated_at)(?:\s+(asc|desc))?\s*$/.exec(
    orderBy === '' ? 'name' : orderBy,
  );
  const [, by, direction = 'asc'] = match ?? [];
  if (by === 'name' || by === 'inserted_at' || by === 'updated_at') {
    return { by, direction: direction === 'desc' ? 'desc' : 'asc' };
  }
  const description = 'must be name, inserted_at or updated_at, each optionally followed by desc';
  throw invalidArgument([{ field: 'order_by', description }]);
}

/** Rows that come after the key of a page's last row. */
export function after({ by, direction }: ProjectOrder, [value, id]: PageKey): RawBuilder<boolean> {
  const column = sql.ref(`projects.${by}`);
  const bound = by === 'name' ? sql`${value}` : sql`${value}::timestamptz`;
  const row = sql`(${bound}, ${id}::uuid)`;
  return direction === 'asc'
    ? sql<boolean>`(${column}, projects.id) > ${row}`
    : sql<boolean>`(${column}, projects.id) < ${row}`;
}

/** The key of a row in this order. */
export function orderKey({ by }: ProjectOrder, row: ProjectRow): PageKey {
  return [row[by], row.id];
}
