import { sql } from 'kysely';
import { isOnPage, type NewestPage, type Selection } from '../database/newest-first.ts';
import type { Queries } from '../database/queries.ts';
import { type RunStateName, runStates } from './run-message.ts';
import { type StateFilters, stateSelection } from './state-selection.ts';

export interface RunFilters extends StateFilters<RunStateName> {
  /** Only those of these work orders; empty for all. */
  readonly workOrderIds: readonly string[];
}

/** A page of a project's runs, the newest first, then by id (project_runs_query/1). */
export function runsPage(db: Queries, filters: RunFilters, page: NewestPage) {
  return db
    .selectFrom('runs')
    .select([
      'runs.id',
      'runs.work_order_id',
      'runs.snapshot_id',
      'runs.starting_job_id',
      'runs.starting_trigger_id',
      'runs.dataclip_id',
      'runs.state',
      'runs.priority',
      'runs.started_at',
      'runs.finished_at',
      'runs.inserted_at',
    ])
    .where(isOnPage('runs', selectionOf(filters), page))
    .orderBy('runs.inserted_at', 'desc')
    .orderBy('runs.id', 'desc')
    .limit(page.limit);
}

function selectionOf(filters: RunFilters): Selection {
  const { projectId, workflowIds, workOrderIds, states } = filters;
  if (workOrderIds.length === 0) return stateSelection(filters, runStates.names);
  const ofWorkflows = workflowIds.length > 0 ? sql`workflow_id = any(${workflowIds}::uuid[])` : sql`true`;
  const inStates = states.length > 0 ? sql`state = any(${states}::text[])` : sql`true`;
  return {
    match: sql`work_order_id = range.work_order_id and project_id = ${projectId} and ${ofWorkflows} and ${inStates}`,
    several: {
      ranges: sql`select unnest(${workOrderIds}::uuid[]) as work_order_id`,
      count: workOrderIds.length,
    },
  };
}
