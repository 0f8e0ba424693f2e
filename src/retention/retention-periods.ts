import type { Queries } from '../database/queries.ts';

/** What a project keeps no longer. Null where it keeps everything. */
export interface Cutoffs {
  /** History before this moment is due, as PostgreSQL reads it. */
  readonly history: string | null;
  /** Dataclips before this moment are emptied. */
  readonly dataclips: string | null;
}

/**
 * What is due of a project by its present periods; undefined when there is no such project, or its deletion has begun,
 * which takes all.
 */
export async function cutoffsOf(db: Queries, projectId: string, now: Date): Promise<Cutoffs | undefined> {
  const project = await db
    .selectFrom('projects')
    .select(['history_retention_period', 'dataclip_retention_period'])
    .where('id', '=', projectId)
    .where('deletion_started_at', 'is', null)
    .executeTakeFirst();
  if (project === undefined) return undefined;
  return {
    history: cutoff(project.history_retention_period, now),
    dataclips: cutoff(project.dataclip_retention_period, now),
  };
}

/** The moment so many days ago. A day is one of the calendar in UTC, none of which is longer than another. */
export function cutoff(days: number | null, now: Date): string | null {
  if (days === null) return null;
  const moment = new Date(now);
  moment.setUTCDate(moment.getUTCDate() - days);
  return moment.toISOString();
}
