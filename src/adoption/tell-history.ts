import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { Written } from './write-rows.ts';

/**
 * Records in numbers what came of what ran, once for each project of a chunk: with the chunk and not at the end of its
 * table, which an interruption may keep from coming although the chunk stays, and the next run finds nothing new in it.
 */
export function tellHistory(unit: UnitOfWork, written: readonly Written[]): void {
  for (const { table, answers } of written) {
    const told = new Map<string | null, { readonly itemId: string; inserted: number; updated: number }>();
    for (const { what, project_id: projectId, keys } of answers) {
      const [key] = keys;
      if (key === undefined || (what !== 'created' && what !== 'updated')) continue;
      const numbers = told.get(projectId) ?? { itemId: projectId ?? key, inserted: 0, updated: 0 };
      numbers[what === 'created' ? 'inserted' : 'updated'] += keys.length;
      told.set(projectId, numbers);
    }
    for (const [projectId, { itemId, ...numbers }] of told) {
      // Nobody has said yet of which project a step is that stands for others of its kind.
      const itemType = projectId === null ? 'step' : 'project';
      const changes = { [table.name]: numbers };
      unit.record({ kind: 'history_recorded', projectId, itemType, itemId, changes });
    }
  }
}
