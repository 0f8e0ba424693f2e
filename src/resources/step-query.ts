import { sql } from 'kysely';
import { isOnPage, type NewestPage, type Selection } from '../database/newest-first.ts';
import type { Queries } from '../database/queries.ts';

export interface StepFilters {
  readonly projectId: string;
  /** Only those of these jobs; empty for all. */
  readonly jobIds: readonly string[];
}

const columns = [
  'id',
  'job_id',
  'snapshot_id',
  'input_dataclip_id',
  'output_dataclip_id',
  'exit_reason',
  'started_at',
  'finished_at',
  'inserted_at',
] as const;

/** A page of a project's steps, the newest first, then by id (project_steps_query/1). */
export function stepsPage(db: Queries, filters: StepFilters, page: NewestPage) {
  return db
    .selectFrom('steps')
    .select(columns)
    .where(isOnPage('steps', selectionOf(filters), page))
    .orderBy('inserted_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit);
}

function selectionOf({ projectId, jobIds }: StepFilters): Selection {
  if (jobIds.length === 0) return { match: sql`project_id = ${projectId}` };
  return {
    match: sql`project_id = ${projectId} and job_id = range.job_id`,
    several: { ranges: sql`select unnest(${jobIds}::uuid[]) as job_id`, count: jobIds.length },
  };
}

/** The same of some runs: their steps are found through the runs, each once, and then sorted. */
export function stepsOfRunsPage(
  db: Queries,
  { projectId, jobIds }: StepFilters,
  runIds: readonly string[],
  page: NewestPage,
) {
  const found = db
    .selectFrom('steps')
    .select(columns)
    .where('id', 'in', sql<string>`(select step_id from run_steps where run_id = any(${runIds}::uuid[]))`)
    .where('project_id', '=', projectId)
    .$if(jobIds.length > 0, (query) => query.where(sql<boolean>`job_id = any(${jobIds}::uuid[])`))
    // A fence, or PostgreSQL might look for these few while it walks through all steps of the project.
    .offset(0);
  return db
    .selectFrom(found.as('steps'))
    .select(columns)
    .where(isOnPage('steps', { match: sql`true` }, page))
    .orderBy('inserted_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit);
}
