import { type RawBuilder, sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';

/** How many triggers were switched, by project; those with none are left out. */
export type Switched = ReadonlyMap<string, number>;

/** Disables the triggers of projects, of soft-deleted workflows too, and marks those that were enabled. */
export async function disableTriggers(unit: UnitOfWork, projectIds: readonly string[]): Promise<Switched> {
  const change = sql`enabled = false, enabled_before_deletion = true`;
  return await switchTriggers(unit, projectIds, change, sql`enabled`);
}

/**
 * Takes the mark off the triggers of projects and, with `enable`, enables them again; answers those. Forgotten even
 * where they stay disabled: the next scheduling marks its own.
 */
export async function restoreTriggers(
  unit: UnitOfWork,
  projectIds: readonly string[],
  enable: boolean,
): Promise<Switched> {
  const change = sql`enabled = ${enable}, enabled_before_deletion = false`;
  const marked = await switchTriggers(unit, projectIds, change, sql`enabled_before_deletion`);
  return enable ? marked : new Map();
}

/** How many they are together. */
export function countOf(switched: Switched): number {
  return [...switched.values()].reduce((sum, count) => sum + count, 0);
}

async function switchTriggers(
  unit: UnitOfWork,
  projectIds: readonly string[],
  change: RawBuilder<unknown>,
  which: RawBuilder<unknown>,
): Promise<Switched> {
  const { rows } = await sql<{ project_id: string; count: number }>`
    with switched as (
      update triggers set ${change}, updated_at = ${unit.now}
      from workflows
      where workflows.id = workflow_id and project_id = any(${projectIds}::uuid[]) and ${which}
      returning project_id
    )
    select project_id, count(*)::int as count from switched group by project_id`.execute(unit.db);
  return new Map(rows.map(({ project_id, count }) => [project_id, count]));
}
