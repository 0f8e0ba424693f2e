import { sql } from 'kysely';
import type { PageKey } from '../call/page-token.ts';
import { BoundedAnswer } from '../database/bounded-answer.ts';
import type { Queries } from '../database/queries.ts';

/**
 * Workflows with what their messages show besides (project_workflows_query/1). For each row one probe of
 * `workflow_versions_latest_index`, whatever the number of its versions, and one of its snapshots' unique index.
 */
export function workflows(db: Queries) {
  return db
    .selectFrom('workflows')
    .leftJoinLateral(
      (from) =>
        from
          .selectFrom('workflow_versions')
          .select('workflow_versions.hash')
          .whereRef('workflow_versions.workflow_id', '=', 'workflows.id')
          .orderBy('workflow_versions.inserted_at', 'desc')
          .orderBy('workflow_versions.id', 'desc')
          .limit(1)
          .as('latest'),
      (join) => join.onTrue(),
    )
    .leftJoin('workflow_snapshots', (join) =>
      join
        .onRef('workflow_snapshots.workflow_id', '=', 'workflows.id')
        .onRef('workflow_snapshots.lock_version', '=', 'workflows.lock_version'),
    )
    .select(columns.map((column) => `workflows.${column}` as const))
    .select([
      'workflows.positions',
      'latest.hash as latest_version_hash',
      'workflow_snapshots.id as snapshot_id',
    ]);
}

const columns = [
  'id',
  'project_id',
  'name',
  'concurrency',
  'enable_job_logs',
  'lock_version',
  'deleted_at',
  'inserted_at',
  'updated_at',
] as const;

const answer = new BoundedAnswer(sql`name, id`);

/** What a page of a project's workflows depends on. */
export interface WorkflowsPage {
  readonly projectId: string;
  /** Only those whose name begins with it; empty for all. */
  readonly namePrefix: string;
  readonly includeDeleted: boolean;
  /** Name and id of the last workflow before the page. */
  readonly after: PageKey | undefined;
  readonly limit: number;
}

/**
 * A page of a project's workflows, by name, then id: the order of the index on (project_id, name, id). Ends where the
 * positions get too much for one answer.
 */
export function workflowsPage(db: Queries, page: WorkflowsPage) {
  const { projectId, namePrefix, includeDeleted, after, limit } = page;
  const rows = workflows(db)
    .select(sql<number>`coalesce(octet_length(workflows.positions::text), 0)`.as('bytes'))
    .where('workflows.project_id', '=', projectId)
    .$if(!includeDeleted, (query) => query.where('workflows.deleted_at', 'is', null))
    .$if(namePrefix !== '', (query) => query.where(sql<boolean>`starts_with(workflows.name, ${namePrefix})`))
    .$if(after !== undefined, (query) =>
      query.where(sql<boolean>`(workflows.name, workflows.id) > (${after?.[0]}, ${after?.[1]}::uuid)`),
    )
    .orderBy('workflows.name')
    .orderBy('workflows.id')
    .limit(limit);
  return db
    .selectFrom(rows.as('page'))
    .select([...columns, 'latest_version_hash', 'snapshot_id'])
    .select([answer.whereFitting<unknown>('positions').as('positions'), answer.fits().as('fits')])
    .orderBy('name')
    .orderBy('id');
}
