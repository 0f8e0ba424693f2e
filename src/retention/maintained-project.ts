import { notFound } from '../call/failure.ts';
import { pendingDeletion } from '../call/refusals.ts';
import type { Queries } from '../database/queries.ts';

/** Throws NOT_FOUND unless the project is there, and FAILED_PRECONDITION while it waits for its deletion. */
export async function requireMaintainable(db: Queries, projectId: string): Promise<void> {
  const project = await db
    .selectFrom('projects')
    .select('scheduled_deletion')
    .where('id', '=', projectId)
    .where('deletion_started_at', 'is', null)
    .executeTakeFirst();
  if (project === undefined) throw notFound('project', projectId);
  if (project.scheduled_deletion !== null) throw pendingDeletion(projectId);
}
