import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { Adoption } from './adoption.ts';
import type { Written } from './write-rows.ts';

const told = ['created', 'updated', 'removed'] as const;

/** How many rows were written, by what was done and the table. */
type Numbers = Partial<Record<(typeof told)[number], Record<string, number>>>;

/** Adds up what was written of each project. */
function numbersOf(written: readonly Written[]): ReadonlyMap<string, Numbers> {
  const numbers = new Map<string, Numbers>();
  for (const { table, answers } of written) {
    for (const { what, project_id: projectId, keys } of answers) {
      const done = told.find((one) => one === what);
      if (done === undefined || projectId === null) continue;
      const ofProject = numbers.get(projectId) ?? {};
      const ofTables = ofProject[done] ?? {};
      ofTables[table.name] = (ofTables[table.name] ?? 0) + keys.length;
      ofProject[done] = ofTables;
      numbers.set(projectId, ofProject);
    }
  }
  return numbers;
}

/** Records in numbers what projects got, unless they are new: then their own event tells of it. */
export function tellContents(
  unit: UnitOfWork,
  written: readonly Written[],
  adoption: Adoption,
  heads: ReadonlyMap<string, string> = new Map(),
): void {
  for (const [projectId, { created = {}, updated = {}, removed: deleted = {} }] of numbersOf(written)) {
    if (adoption.isNew(projectId)) continue;
    const head = heads.get(projectId);
    const changes = { created, updated, deleted, ...(head === undefined ? {} : { head_hash: head }) };
    unit.record({ kind: 'project_imported', projectId, itemType: 'project', itemId: projectId, changes });
  }
}
