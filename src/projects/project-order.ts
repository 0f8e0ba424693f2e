import { type RawBuilder, sql } from 'kysely';
import type { PageKey } from '../call/page-token.ts';
import type { ProjectRow } from '../database/project-row.ts';

/** One way to sort projects, on an index that ends with the id. */
export interface ProjectOrder {
  readonly by: 'name' | 'inserted_at' | 'updated_at';
  readonly direction: 'asc' | 'desc';
}

export const byName: ProjectOrder = { by: 'name', direction: 'asc' };

/** Reads `order_by` (AIP-132), whose form is stated in the message: empty is `name`. */
export function readOrder(orderBy: string): ProjectOrder {
  const [by = '', direction] = orderBy.split(' ');
  return {
    by: by === 'inserted_at' || by === 'updated_at' ? by : 'name',
    direction: direction === 'desc' ? 'desc' : 'asc',
  };
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
