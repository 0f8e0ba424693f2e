import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';

/** What the end of a project depends on. Moments are text, as the database writes them. */
export interface LockedProject {
  readonly id: string;
  readonly name: string;
  readonly lock_version: number;
  readonly scheduled_deletion: string | null;
  readonly scheduled_deletion_root_id: string | null;
  readonly deletion_started_at: string | null;
}

const columns = sql`
  id, name, lock_version, scheduled_deletion::text, scheduled_deletion_root_id, deletion_started_at::text`;

/**
 * A project and everything below it, locked until the transaction ends: the project first, then level by level, each in
 * the order of ids. Empty when there is no such project; throws what authorization throws, whatever that saw before.
 *
 * Who makes a sandbox locks its parent first. So the children of a level are complete once that level is locked, and two
 * of these that overlap, of which one stands within the other, wait for each other at its top and cannot deadlock.
 * A statement a level; relies on the index on parent_id.
 */
export async function lockedSubtree(unit: UnitOfWork, projectId: string): Promise<LockedProject[]> {
  const { rows: top } = await sql<LockedProject>`
    select ${columns} from projects where id = ${projectId} for no key update`.execute(unit.db);
  await unit.confirmAccess();
  const projects = [...top];
  for (let level = top; level.length > 0; ) {
    const parents = level.map(({ id }) => id);
    // Only the top can be met again, where parents run in a circle.
    const { rows } = await sql<LockedProject>`
      select ${columns} from projects where parent_id = any(${parents}::uuid[]) and id <> ${projectId}
      order by id for no key update`.execute(unit.db);
    projects.push(...rows);
    level = rows;
  }
  return projects;
}
