import type { UnitOfWork } from '../database/unit-of-work.ts';
import { heads, members, projects } from './adopted-tables.ts';
import type { RowNews } from './row-news.ts';
import { keysOf, type Written } from './write-rows.ts';

/**
 * Records what became of projects. A project that is new tells of all that it came with; of the others each change of a
 * member and the last of the heads that came are told.
 *
 * @param headsOf the hashes of a project's heads in Lightning, the oldest first
 */
export function tellProjects(
  unit: UnitOfWork,
  written: readonly Written[],
  news: { readonly project: RowNews; readonly member: RowNews },
  headsOf: (projectId: string) => readonly string[],
): void {
  const ofTable = (table: Written['table']) => ({
    answers: written.filter((one) => one.table === table).flatMap(({ answers }) => answers),
  });
  const project = (id: string) => ({ projectId: id, itemType: 'project', itemId: id });
  const created = new Set(keysOf(ofTable(projects), 'created'));
  for (const id of created)
    unit.record({ kind: 'project_created', ...project(id), changes: news.project(id) });
  for (const id of keysOf(ofTable(projects), 'updated'))
    unit.record({ kind: 'project_updated', ...project(id), changes: news.project(id) });

  for (const { what, project_id: projectId, keys } of ofTable(members).answers) {
    if (projectId === null || created.has(projectId)) continue;
    for (const itemId of keys) {
      const changes = what === 'removed' ? { id: { before: itemId } } : news.member(itemId);
      unit.record({ kind: 'members_changed', projectId, itemType: 'member', itemId, changes });
    }
  }
  for (const { what, project_id: projectId, keys } of ofTable(heads).answers) {
    if (what !== 'created' || projectId === null || created.has(projectId)) continue;
    const last = headsOf(projectId).findLast((hash) => keys.includes(`${projectId} ${hash}`));
    const changes = { head_hash: { after: last } };
    unit.record({ kind: 'head_appended', ...project(projectId), changes });
  }
}
