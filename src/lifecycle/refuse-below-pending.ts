import { sql } from 'kysely';
import { failedPrecondition } from '../call/failure.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';

/**
 * Throws FAILED_PRECONDITION PARENT_PENDING_DELETION, naming the topmost, while anything above the project waits for
 * its deletion: nothing runs on under a parent that is about to go.
 *
 * The project must be locked. Who schedules one above it meanwhile waits for that, and then dates the project too.
 */
export async function refuseBelowPending(unit: UnitOfWork, projectId: string): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    with recursive above as (
      select parent_id as id, 1 as height from projects where id = ${projectId}
      union all
      select parent_id, height + 1 from above join projects using (id)
    ) cycle id set is_circular using path
    select id from above join projects using (id) where scheduled_deletion is not null
    order by height desc limit 1`.execute(unit.db);
  const [pending] = rows;
  if (pending === undefined) return;
  const message = `project ${pending.id} above it is scheduled for deletion: cancel that first`;
  throw failedPrecondition(
    'PARENT_PENDING_DELETION',
    message,
    [{ type: 'PARENT_PENDING_DELETION', subject: `projects/${pending.id}`, description: message }],
    { project_id: pending.id },
  );
}
