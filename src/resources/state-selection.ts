import { sql } from 'kysely';
import type { Selection } from '../database/newest-first.ts';

/** Filters of a project's work orders and runs by what their indexes begin with. */
export interface StateFilters<State extends string> {
  readonly projectId: string;
  /** Only those of these workflows; empty for all. */
  readonly workflowIds: readonly string[];
  /** Only those in these states; empty for all. */
  readonly states: readonly State[];
}

/** What passes the filters, on the indexes on (project_id, …), (project_id, state, …) or (workflow_id, state, …). */
export function stateSelection<State extends string>(
  { projectId, workflowIds, states }: StateFilters<State>,
  allStates: readonly State[],
): Selection {
  if (workflowIds.length > 0)
    return workflowSelection(projectId, workflowIds, states.length > 0 ? states : allStates);
  if (states.length === 0) return { match: sql`project_id = ${projectId}` };
  return {
    match: sql`project_id = ${projectId} and state = range.state`,
    several: { ranges: sql`select unnest(${states}::text[]) as state`, count: states.length },
  };
}

function workflowSelection(
  projectId: string,
  workflowIds: readonly string[],
  states: readonly string[],
): Selection {
  return {
    match: sql`workflow_id = range.workflow_id and state = range.state`,
    several: {
      ranges: sql`
        select workflows.id as workflow_id, state from workflows cross join unnest(${states}::text[]) state
        where workflows.id = any(${workflowIds}::uuid[]) and workflows.project_id = ${projectId}`,
      count: workflowIds.length * states.length,
    },
  };
}
