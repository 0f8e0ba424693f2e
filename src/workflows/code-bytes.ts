import { type RawBuilder, sql } from 'kysely';

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
