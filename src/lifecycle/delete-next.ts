import { sql } from 'kysely';
import { takeTurn } from '../database/take-turn.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { FileStore } from '../files/file-store.ts';
import type { Step } from '../operations/long-work.ts';
import { projectContent } from './project-content.ts';

/** Most rows of a table that one batch deletes. */
const CHUNK = 2000;

/**
 * The step that deletes a project whose deletion has begun and everything below it: each batch takes the next rows of
 * a project that nothing stands below, leaves first, and when nothing is left of its content the project itself. Those who
 * delete the same project, or clear up its history, take turns.
 *
 * @param chunk most rows of a table that one batch deletes
 */
export function deleteNext(projectId: string, files: FileStore, chunk: number = CHUNK): Step {
  const content = projectContent(files);
  return async (unit) => {
    const project = await lowest(unit, projectId);
    if (project === undefined) return 0;
    unit.goOn();
    let left = chunk;
    for (const deleteSome of content) {
      for (;;) {
        const rows = await deleteSome(unit.db, project.id, left);
        left -= rows;
        if (left <= 0) return chunk - left;
        if (rows === 0) break;
      }
    }
    await deleteEmptied(unit, project);
    return chunk - left + 1;
  };
}

interface Doomed {
  readonly id: string;
  readonly name: string;
}

/**
 * A project of the subtree that nothing stands below, locked; undefined when the subtree is gone. Goes down by the first
 * child of each level, which the index on the parent and the name tells, and looks at none of the others.
 */
async function lowest({ db }: UnitOfWork, projectId: string): Promise<Doomed | undefined> {
  for (;;) {
    const { rows: below } = await sql<{ id: string }>`
      with recursive below as (
        select id, 0 as depth from projects where id = ${projectId}
        union all
        select child.id, depth + 1 from below cross join lateral (
          select id from projects where parent_id = below.id order by name, id limit 1
        ) as child
      ) cycle id set is_circular using path
      select id from below order by depth desc limit 1`.execute(db);
    const [found] = below;
    if (found === undefined) return undefined;
    await takeTurn(db, found.id);
    const { rows } = await sql<Doomed>`
      select id, name from projects where id = ${found.id} for update`.execute(db);
    // Somebody who had the turn before may have finished it.
    if (rows[0] !== undefined) return rows[0];
  }
}

/** Deletes the project with the membership of its owner, who may go on with the deletion until then. */
async function deleteEmptied(unit: UnitOfWork, { id, name }: Doomed): Promise<void> {
  await sql`delete from project_users where project_id = ${id}`.execute(unit.db);
  await sql`delete from projects where id = ${id}`.execute(unit.db);
  const changes = { name: { before: name, after: null } };
  unit.record({ kind: 'project_deleted', projectId: id, itemType: 'project', itemId: id, changes });
}
