import { sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import { type GraphPage, graphAnswer, isOfPage, reachesPage } from './graph-page.ts';

export interface JobsPage extends GraphPage {
  /** Only those whose name begins with it; empty for all. */
  readonly namePrefix: string;
}

/** A page of a project's jobs without their bodies, by workflow, then id (project_jobs_query/1). */
export function jobsPage(db: Queries, page: JobsPage) {
  return jobs(db, page).select([sql<null>`null`.as('body'), sql<boolean>`true`.as('fits')]);
}

/**
 * The same with bodies: those that are too much for one answer come as null, from one row on to the end. The length of
 * a body is known without reading it.
 */
export function jobsPageWithBodies(db: Queries, page: JobsPage) {
  const rows = jobs(db, page).select(['jobs.body', sql<number>`octet_length(jobs.body)`.as('bytes')]);
  return db
    .selectFrom(rows.as('page'))
    .select(columns)
    .select([graphAnswer.whereFitting<string>('body').as('body'), graphAnswer.fits().as('fits')])
    .orderBy('workflow_id')
    .orderBy('id');
}

const columns = [
  'id',
  'workflow_id',
  'name',
  'adaptor',
  'project_credential_id',
  'keychain_credential_id',
  'inserted_at',
  'updated_at',
] as const;
const qualifiedColumns = columns.map((column) => `jobs.${column}` as const);

function jobs(db: Queries, page: JobsPage) {
  const { namePrefix, limit } = page;
  return db
    .selectFrom('workflows')
    .innerJoinLateral(
      (from) =>
        from
          .selectFrom('jobs')
          .select([...qualifiedColumns, 'jobs.body'])
          .where(isOfPage('jobs', page))
          .$if(namePrefix !== '', (query) => query.where(sql<boolean>`starts_with(jobs.name, ${namePrefix})`))
          .orderBy('jobs.id')
          .limit(limit)
          .as('jobs'),
      (join) => join.onTrue(),
    )
    .select(qualifiedColumns)
    .where(reachesPage(page))
    .orderBy('workflows.id')
    .orderBy('jobs.id')
    .limit(limit);
}
