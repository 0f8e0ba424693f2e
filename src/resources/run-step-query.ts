import { sql } from 'kysely';
import type { PageKey } from '../call/page-token.ts';
import type { Queries } from '../database/queries.ts';

export interface RunStepsPage {
  readonly projectId: string;
  /** Only those of these runs; empty for all. */
  readonly runIds: readonly string[];
  /** Moment and id of the last pair's run, and id of the pair, before the page. */
  readonly after: PageKey | undefined;
  readonly limit: number;
}

/**
 * A page of which steps belong to which runs: those of the newest run first, in a run by id of the pair
 * (project_run_steps_query/1).
 */
export function runStepsPage(db: Queries, page: RunStepsPage) {
  const { after, limit } = page;
  return db
    .selectFrom(runsOnPage(db, page).as('runs'))
    .innerJoin('run_steps', 'run_steps.run_id', 'runs.id')
    .select([
      'run_steps.id',
      'run_steps.run_id',
      'run_steps.step_id',
      'run_steps.inserted_at',
      'runs.inserted_at as run_inserted_at',
    ])
    .$if(after !== undefined, (query) =>
      query.where(sql<boolean>`(runs.id <> ${after?.[1]}::uuid or run_steps.id > ${after?.[2]}::uuid)`),
    )
    .orderBy('runs.inserted_at', 'desc')
    .orderBy('runs.id', 'desc')
    .orderBy('run_steps.id')
    .limit(limit);
}

/**
 * The runs that the page can reach: each has a step, so it is at most one a row; and one more, since of the first all
 * steps may have been on the page before.
 */
function runsOnPage(db: Queries, { projectId, runIds, after, limit }: RunStepsPage) {
  const runs = db
    .selectFrom('runs')
    .select(['id', 'inserted_at'])
    .where('project_id', '=', projectId)
    // Fenced, or PostgreSQL might look for these few while it walks through all runs of the project.
    .$if(runIds.length > 0, (query) => query.where(sql<boolean>`id = any(${runIds}::uuid[])`).offset(0));
  return db
    .selectFrom(runs.as('runs'))
    .select(['runs.id', 'runs.inserted_at'])
    .where(({ exists, selectFrom }) =>
      exists(selectFrom('run_steps').select('run_steps.id').whereRef('run_steps.run_id', '=', 'runs.id')),
    )
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(runs.inserted_at, runs.id) <= (${after?.[0]}::timestamptz, ${after?.[1]}::uuid)`,
      ),
    )
    .orderBy('runs.inserted_at', 'desc')
    .orderBy('runs.id', 'desc')
    .limit(limit + 1);
}
