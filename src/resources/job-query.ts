import { sql } from 'kysely';
import type { Queries } from '../database/queries.ts';
import { type GraphPage, inGraph } from './graph-page.ts';

/** Bytes that the bodies in one answer have together at most, unless the first alone is longer: 2 MiB. */
const MOST_BODY_BYTES = 2 << 20;

export interface JobsPage extends GraphPage {
  /** Only those whose name begins with it; empty for all. */
  readonly namePrefix: string;
}

/** A page of a project's jobs without their bodies, by workflow, then id (project_jobs_query/1). */
export function jobsPage(db: Queries, page: JobsPage) {
  return jobs(db, page).select(sql<null>`null`.as('body'));
}

/**
 * The same with bodies: those that are too much for one answer come as null, from one row on to the end. The length of
 * a body is known without reading it.
 */
export function jobsPageWithBodies(db: Queries, page: JobsPage) {
  const upToRow = sql`over (order by workflow_id, id)`;
  const rows = jobs(db, page).select(['jobs.body', sql<number>`octet_length(jobs.body)`.as('bytes')]);
  return db
    .selectFrom(rows.as('page'))
    .select([
      'id',
      'workflow_id',
      'name',
      'adaptor',
      'project_credential_id',
      'keychain_credential_id',
      'inserted_at',
      'updated_at',
    ])
    .select(
      sql<string | null>`case
        when sum(bytes) ${upToRow} <= greatest(${MOST_BODY_BYTES}, first_value(bytes) ${upToRow}) then body
      end`.as('body'),
    )
    .orderBy('workflow_id')
    .orderBy('id');
}

function jobs(db: Queries, page: JobsPage) {
  const { namePrefix, limit } = page;
  return db
    .selectFrom('jobs')
    .innerJoin('workflows', 'workflows.id', 'jobs.workflow_id')
    .select([
      'jobs.id',
      'jobs.workflow_id',
      'jobs.name',
      'jobs.adaptor',
      'jobs.project_credential_id',
      'jobs.keychain_credential_id',
      'jobs.inserted_at',
      'jobs.updated_at',
    ])
    .where(inGraph('jobs', page))
    .$if(namePrefix !== '', (query) => query.where(sql<boolean>`starts_with(jobs.name, ${namePrefix})`))
    .orderBy('workflows.id')
    .orderBy('jobs.id')
    .limit(limit);
}
