import type { Facts, HistoryProject } from './history-facts.ts';
import type { HistoryKind, HistoryRows } from './history-rows.ts';
import type { Batch, Given } from './read-batch.ts';
import { takenTogether } from './state-rules.ts';
import type { StorableRow } from './write-history.ts';

/**
 * The rows of accepted records, no id twice and each with where it belongs.
 *
 * @param now when a dataclip that comes to a project that keeps none is wiped
 */
export function storableRows(
  accepted: Batch,
  facts: Facts,
  projects: ReadonlyMap<string, HistoryProject>,
  now: Date,
): { readonly [Kind in HistoryKind]: readonly StorableRow[] } {
  const placed = (kind: 'work_orders' | 'runs' | 'steps', row: { readonly id: string }) => {
    const { projectId = null, workflowId = null } = facts[kind].get(row.id) ?? {};
    return { ...row, project_id: projectId, workflow_id: workflowId };
  };
  return {
    dataclips: onePerId(accepted.dataclips, takenTogether.dataclips).map((row) =>
      projects.get(row.project_id)?.keepsDataclips ? row : wiped(row, now),
    ),
    work_orders: onePerId(accepted.work_orders, takenTogether.work_orders).map((row) =>
      placed('work_orders', row),
    ),
    runs: onePerId(accepted.runs, takenTogether.runs).map((row) => placed('runs', row)),
    steps: onePerId(accepted.steps, takenTogether.steps).map((row) => placed('steps', row)),
    run_steps: accepted.run_steps.map(({ row }) => row),
    log_lines: accepted.log_lines.map(({ row }) => row),
  };
}

function wiped(row: HistoryRows['dataclips'], now: Date): StorableRow {
  if (row.body === null && row.request === null) return row;
  return { ...row, body: null, request: null, wiped_at: now.toISOString() };
}

function onePerId<Row>(given: readonly Given<Row>[], together: (earlier: Row, later: Row) => Row): Row[] {
  const rows = new Map<string, Row>();
  for (const { id, row } of given) {
    const earlier = rows.get(id);
    rows.set(id, earlier === undefined ? row : together(earlier, row));
  }
  return [...rows.values()];
}
