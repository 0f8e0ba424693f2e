import { type RawBuilder, sql } from 'kysely';
import type { PageKey } from '../call/page-token.ts';

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

/** Bytes that the long texts of one answer have together at most, unless its first row alone has more: 2 MiB. */
const MOST_TEXT_BYTES = 2 << 20;

/**
 * Whether the long texts of a row, of so many `bytes`, are not too much for one answer with those of the rows before it on
 * the page. The rows where they are end it: they are selected without these texts, so that no answer grows with them.
 */
export function fitsAnswer(): RawBuilder<boolean> {
  const upToRow = sql`over (order by workflow_id, id)`;
  return sql<boolean>`sum(bytes) ${upToRow} <= greatest(${MOST_TEXT_BYTES}, first_value(bytes) ${upToRow})`;
}

/** A long text of a row that {@link fitsAnswer}, null of any other. */
export function whereFitting<T>(column: string): RawBuilder<T | null> {
  return sql<T | null>`case when ${fitsAnswer()} then ${sql.ref(column)} end`;
}

/** How many of the rows that were found are on the page. */
export function fittingRows(rows: readonly { readonly fits: boolean }[], size: number): number {
  return Math.min(size, rows.filter(({ fits }) => fits).length);
}
