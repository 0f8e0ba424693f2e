import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { RowPlan } from '../workflows/row-plan.ts';
import type { WorkflowPlan } from '../workflows/workflow-plan.ts';
import type { PostedWorkflow } from './posted-state.ts';

export const TAKEN = 'has already been taken';

const KINDS = [
  ['jobs', 'jobs'],
  ['triggers', 'triggers'],
  ['edges', 'workflow_edges'],
] as const;

/** Refuses new jobs, triggers and edges whose ids others have: three probes of primary keys at most. */
export async function refuseTakenIds(
  unit: UnitOfWork,
  workflows: readonly PostedWorkflow[],
  plans: readonly WorkflowPlan[],
): Promise<void> {
  for (const [kind, table] of KINDS) {
    const created = plans.flatMap((plan) => newIds(plan[kind]));
    const taken = new Set([...(await takenIds(unit, table, created)), ...repeated(created)]);
    for (const workflow of workflows) {
      for (const { id, errors } of workflow[kind]) if (taken.has(id)) errors.add('id', TAKEN);
    }
  }
}

/** Those of some ids that rows of a table have. */
export async function takenIds(
  unit: UnitOfWork,
  table: 'jobs' | 'triggers' | 'workflow_edges' | 'collections' | 'project_credentials',
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await sql<{ id: string }>`
    select id from ${sql.table(table)} where id = any(${ids}::uuid[])`.execute(unit.db);
  return new Set(rows.map(({ id }) => id));
}

/** Without rows that are made anew in place of themselves. */
function newIds({ created, deleted }: RowPlan<{ readonly id: string }>): string[] {
  const gone = new Set(deleted.map(({ id }) => id));
  return created.flatMap(({ id }) => (gone.has(id) ? [] : [id]));
}

function repeated(ids: readonly string[]): string[] {
  return [...Map.groupBy(ids, (id) => id)].flatMap(([id, alike]) => (alike.length > 1 ? [id] : []));
}
