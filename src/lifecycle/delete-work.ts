import { sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import { toDate } from '../database/timestamp.ts';
import type { FileStore } from '../files/file-store.ts';
import { type LongWork, NoLongerWanted, type Step } from '../operations/long-work.ts';
import { rowsBelow, rowsUpTo } from '../operations/rows-up-to.ts';
import { markSubtree } from './begin-deletion.ts';
import { deleteNext } from './delete-next.ts';
import { lockedSubtree } from './locked-subtree.ts';

/** The work of operations of the kind `delete_project`: the deletion of a project has begun when one is started. */
export function deleteWork(files: FileStore): (projectId: string) => LongWork {
  return (projectId) => ({
    steps: [deleteNext(projectId, files)],
    count: (read) => rowsOfSubtree(read, projectId),
  });
}

/** The work of operations of the kind `purge_project` (perform/1 `purge_deleted`). */
export function purgeWork(files: FileStore): (projectId: string) => LongWork {
  return (projectId) => ({
    steps: [beginPurge(projectId), deleteNext(projectId, files)],
    count: (read) => rowsOfSubtree(read, projectId),
  });
}

/** Begins the deletion of a project whose date has come, unless it was taken back or put off meanwhile. */
function beginPurge(projectId: string): Step {
  return async (unit) => {
    const subtree = await lockedSubtree(unit, projectId);
    const [top] = subtree;
    if (top === undefined) return 0;
    const isDue = top.scheduled_deletion !== null && toDate(top.scheduled_deletion) <= unit.now;
    if (top.deletion_started_at === null && !isDue) throw new NoLongerWanted('the deletion was cancelled');
    return await markSubtree(unit, subtree);
  };
}

/** About how many rows there are to delete: those of which there may be many, and the projects. */
async function rowsOfSubtree(read: Queries, projectId: string): Promise<number> {
  const below = sql`select id from below`;
  const runs = rowsBelow(below, 'runs', 'project_id');
  const parts = [
    below,
    rowsBelow(below, 'work_orders', 'project_id'),
    runs,
    rowsBelow(runs, 'log_lines', 'run_id'),
    rowsBelow(runs, 'run_steps', 'run_id'),
    rowsBelow(below, 'steps', 'project_id'),
    rowsBelow(below, 'dataclips', 'project_id'),
    rowsBelow(below, 'workflows', 'project_id'),
  ];
  const { rows } = await sql<{ total: number }>`
    with recursive below as materialized (
      select id from projects where id = ${projectId}
      union
      select child.id from below join projects child on child.parent_id = below.id
    )
    select (${sql.join(parts.map(rowsUpTo), sql` + `)})::float8 as total`.execute(read);
  return rows[0]?.total ?? 0;
}
