import { type RawBuilder, sql } from 'kysely';
import type { Queries } from '../database/queries.ts';

/** Rows that may be deleted as soon as no other refers to them. */
export type SharedTable = 'dataclips' | 'steps' | 'workflow_snapshots';

/**
 * Whether something refers to the row `it`. Each is one look into the index behind a foreign key: `limit 1` in a scalar
 * subquery, since PostgreSQL may answer an `exists` by hashing the whole table.
 */
export const isNeeded: Readonly<Record<SharedTable, RawBuilder<boolean>>> = {
  dataclips: anyOf(
    ['work_orders', 'dataclip_id'],
    ['runs', 'dataclip_id'],
    ['steps', 'input_dataclip_id'],
    ['steps', 'output_dataclip_id'],
  ),
  steps: anyOf(['run_steps', 'step_id'], ['log_lines', 'step_id']),
  workflow_snapshots: anyOf(
    ['work_orders', 'snapshot_id'],
    ['runs', 'snapshot_id'],
    ['steps', 'snapshot_id'],
  ),
};

function anyOf(...references: readonly (readonly [table: string, column: string])[]): RawBuilder<boolean> {
  const looks = references.map(
    ([table, column]) => sql`(select true from ${sql.table(table)} where ${sql.ref(column)} = it.id limit 1)`,
  );
  return sql<boolean>`coalesce(${sql.join([...looks, sql`false`])})`;
}

/**
 * Deletes those of the rows that nothing refers to, and answers how many. They are locked first and looked at again in
 * a statement of its own: what began to refer to one in the meantime is seen, and what would begin to waits.
 */
export async function deleteUnneeded(
  db: Queries,
  table: SharedTable,
  ids: readonly string[],
): Promise<number> {
  if (ids.length === 0) return 0;
  await sql`select from ${sql.table(table)} where id = any(${ids}::uuid[]) order by id for update`.execute(
    db,
  );
  const { numAffectedRows = 0n } = await sql`
    delete from ${sql.table(table)} as it where id = any(${ids}::uuid[]) and not ${isNeeded[table]}`.execute(
    db,
  );
  return Number(numAffectedRows);
}
