import { type RawBuilder, sql } from 'kysely';
import type { PageKey } from '../call/page-token.ts';

/** What a page of a project's jobs, triggers or edges depends on. */
export interface GraphPage {
  readonly projectId: string;
  /** Only those of these workflows; empty for all. */
  readonly workflowIds: readonly string[];
  /** Also those of workflows that were deleted. */
  readonly includeDeleted: boolean;
  /** Ids of the last row's workflow and of the row, before the page. */
  readonly after: PageKey | undefined;
  readonly limit: number;
}

/**
 * The rows of the table, joined with their workflows, that come on the page or after it, by workflow, then id. Walks
 * the workflows by the index on (project_id, id) and in each the table by that on (workflow_id, id), from the workflow
 * on in which the page before ended.
 */
export function inGraph(
  table: 'jobs' | 'triggers' | 'workflow_edges',
  { projectId, workflowIds, includeDeleted, after }: GraphPage,
): RawBuilder<boolean> {
  const conditions = [sql`workflows.project_id = ${projectId}`];
  if (workflowIds.length > 0) conditions.push(sql`workflows.id = any(${workflowIds}::uuid[])`);
  if (!includeDeleted) conditions.push(sql`workflows.deleted_at is null`);
  if (after !== undefined) {
    const [workflowId, id] = after;
    const later = sql`(workflows.id > ${workflowId}::uuid or ${sql.ref(`${table}.id`)} > ${id}::uuid)`;
    conditions.push(sql`workflows.id >= ${workflowId}::uuid`, later);
  }
  return sql<boolean>`${sql.join(conditions, sql` and `)}`;
}
