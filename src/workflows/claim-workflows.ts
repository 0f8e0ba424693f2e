import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { matchEntries } from './match-entries.ts';

/** Which stored workflow each of a document's is, and how many others were deleted. */
export interface ClaimedWorkflows {
  /** By the number of the workflow in the document; undefined for a new one. */
  readonly ids: readonly (string | undefined)[];
  readonly deleted: number;
}

/**
 * Finds the workflows that a document means and makes room for the names that it gives them; the project must be
 * locked. All of it before the first workflow is written: names may pass from one workflow to another, and the unique
 * index looks at each row by itself.
 *
 * Memory holds the names of the project's workflows.
 *
 * @param prune whether the others are deleted
 */
export async function claimWorkflows(
  unit: UnitOfWork,
  projectId: string,
  entries: readonly { readonly key: string; readonly name: string }[],
  prune: boolean,
): Promise<ClaimedWorkflows> {
  const rows = await unit.db
    .selectFrom('workflows')
    .select(['id', 'name'])
    .where('project_id', '=', projectId)
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .execute();
  const matches = matchEntries(entries, rows);
  const claimed = new Set(matches);
  const others = prune ? rows.filter((row) => !claimed.has(row)).map(({ id }) => id) : [];
  await deleteWorkflows(unit, others);
  const renamed = matches.filter((row, index) => row !== undefined && row.name !== entries[index]?.name);
  await vacateNames(
    unit,
    renamed.flatMap((row) => row?.id ?? []),
  );
  return { ids: matches.map((row) => row?.id), deleted: others.length };
}

/** Softly; what would start them is turned off. */
export async function deleteWorkflows(unit: UnitOfWork, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const now = unit.now.toISOString();
  await sql`
    with gone as (
      update workflows set deleted_at = ${now}, updated_at = ${now}, lock_version = lock_version + 1
      where id = any(${ids}::uuid[])
      returning id
    )
    update triggers set enabled = false, updated_at = ${now}
    from gone where triggers.workflow_id = gone.id and triggers.enabled`.execute(unit.db);
}

/** Who renames workflows writes their new names after it; until then they have names that nobody can have chosen. */
export async function vacateNames(unit: UnitOfWork, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`update workflows set name = gen_random_uuid()::text where id = any(${ids}::uuid[])`.execute(
    unit.db,
  );
}
