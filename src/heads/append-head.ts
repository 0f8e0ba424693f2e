import { Failure } from '../call/failure.ts';
import type { Queries } from '../database/queries.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';

/** What became of a head that was to be appended. */
export interface AppendedHead {
  /** False when the history holds the head already: nothing was written. */
  readonly appended: boolean;
  /** The last head of the history before; null when there was none. */
  readonly previous: string | null;
  /** The last head of the history as it is now. */
  readonly current: string;
}

/**
 * Appends a head to a project's history unless it is there already (append_project_head/2). The project's row
 * must be locked: positions count up from the last one. The hash must have its form, see `requireHash`.
 *
 * The cost does not depend on the length of the history: each statement is one probe of a unique index.
 */
export async function appendHead(unit: UnitOfWork, projectId: string, hash: string): Promise<AppendedHead> {
  const last = await lastHead(unit.db, projectId);
  if (last !== undefined && (await isKnown(unit.db, projectId, hash))) {
    return { appended: false, previous: last.hash, current: last.hash };
  }
  await unit.db
    .insertInto('project_heads')
    .values({
      project_id: projectId,
      position: (last?.position ?? 0) + 1,
      hash,
      inserted_at: unit.now.toISOString(),
    })
    .execute();
  return { appended: true, previous: last?.hash ?? null, current: hash };
}

/**
 * Throws ABORTED HEAD_MISMATCH unless `expected` is the last head of the history, the empty text standing for a
 * history without any, or `wanted` is: then the call is the repeat of one that succeeded. The project's row must be
 * locked.
 */
export async function requireLastHead(
  unit: UnitOfWork,
  projectId: string,
  expected: string,
  wanted: string,
): Promise<void> {
  const present = (await lastHead(unit.db, projectId))?.hash ?? '';
  if (present === expected || present === wanted) return;
  throw new Failure(
    'aborted',
    'HEAD_MISMATCH',
    `expected_head is not the last head of project ${projectId}, which is ${present === '' ? 'none' : present}`,
    { metadata: { current_head: present } },
  );
}

async function lastHead(
  db: Queries,
  projectId: string,
): Promise<{ readonly position: number; readonly hash: string } | undefined> {
  return await db
    .selectFrom('project_heads')
    .select(['position', 'hash'])
    .where('project_id', '=', projectId)
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst();
}

async function isKnown(db: Queries, projectId: string, hash: string): Promise<boolean> {
  const row = await db
    .selectFrom('project_heads')
    .select('position')
    .where('project_id', '=', projectId)
    .where('hash', '=', hash)
    .executeTakeFirst();
  return row !== undefined;
}
