import { type RawBuilder, sql } from 'kysely';
import { prepared } from '../database/prepared.ts';
import type { Queries } from '../database/queries.ts';

/**
 * How much code a workflow holds, in bytes: those are known without reading it. Relies on the indexes on workflow_id.
 *
 * @param workflowId a column with its table's name: jobs and edges have an id, too
 */
export function codeBytes(workflowId: RawBuilder<unknown>): RawBuilder<number> {
  return sql`(
    coalesce((select sum(octet_length(j.body)) from jobs j where j.workflow_id = ${workflowId}), 0)::float8
    + coalesce((select sum(octet_length(e.condition_expression)) from workflow_edges e
                where e.workflow_id = ${workflowId}), 0)::float8)`;
}

/** The same of some workflows, in the order in which they are asked for. */
export async function codeBytesOf(
  db: Queries,
  workflowIds: readonly string[],
): Promise<{ readonly id: string; readonly bytes: number }[]> {
  if (workflowIds.length === 0) return [];
  const { rows } = await prepared(
    'code bytes',
    sql<{ id: string; bytes: number }>`
    select asked.id, ${codeBytes(sql`asked.id`)} as bytes
    from unnest(${workflowIds}::uuid[]) with ordinality as asked (id, place) order by place`,
  ).execute(db);
  return rows;
}
