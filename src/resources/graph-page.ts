import { type RawBuilder, sql } from 'kysely';
import type { PageKey } from '../call/page-token.ts';
import { BoundedAnswer } from '../database/bounded-answer.ts';

/**
 * What a page of a project's jobs, triggers or edges depends on. Each of these is listed by workflow, then id: the
 * workflows are walked by the index on (project_id, id) and, in a lateral join, each one's rows by the table's index on
 * (workflow_id, id). As a plain join PostgreSQL might merge them with the rows of all other projects.
 */
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

/** Whether a workflow may have rows on the page. */
export function reachesPage({
  projectId,
  workflowIds,
  includeDeleted,
  after,
}: GraphPage): RawBuilder<boolean> {
  const conditions = [sql`workflows.project_id = ${projectId}`];
  if (workflowIds.length > 0) conditions.push(sql`workflows.id = any(${workflowIds}::uuid[])`);
  if (!includeDeleted) conditions.push(sql`workflows.deleted_at is null`);
  if (after !== undefined) conditions.push(sql`workflows.id >= ${after[0]}::uuid`);
  return sql<boolean>`${sql.join(conditions, sql` and `)}`;
}

/** Whether a row of such a workflow comes on the page or after it. */
export function isOfPage(table: string, { after }: GraphPage): RawBuilder<boolean> {
  const row = sql.table(table);
  if (after === undefined) return sql<boolean>`${row}.workflow_id = workflows.id`;
  const [workflowId, id] = after;
  return sql<boolean>`${row}.workflow_id = workflows.id
    and (workflows.id > ${workflowId}::uuid or ${row}.id > ${id}::uuid)`;
}

/** Ends such a page where the long texts of its rows get too much. */
export const graphAnswer = new BoundedAnswer(sql`workflow_id, id`);
