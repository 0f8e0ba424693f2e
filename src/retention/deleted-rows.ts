import type { UnitOfWork } from '../database/unit-of-work.ts';

/**
 * How many rows of which table a batch deleted; under `wiped_dataclips`, emptied; under `dataclip_references`, how many
 * references to dataclips it took away.
 */
export type DeletedRows = Readonly<Record<string, number>>;

/** All of them together. */
export function totalOf(deleted: DeletedRows): number {
  return Object.values(deleted).reduce((sum, rows) => sum + rows, 0);
}

/** Tells of a project what a batch deleted, in numbers; nothing when that is nothing. */
export function tellDeleted(unit: UnitOfWork, projectId: string, deleted: DeletedRows): void {
  const changes = Object.fromEntries(Object.entries(deleted).filter(([, rows]) => rows > 0));
  if (Object.keys(changes).length === 0) return;
  unit.record({ kind: 'history_deleted', projectId, itemType: 'project', itemId: projectId, changes });
}
