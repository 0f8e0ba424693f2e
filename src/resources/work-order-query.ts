import { sql } from 'kysely';
import { isOnPage, type NewestPage } from '../database/newest-first.ts';
import type { Queries } from '../database/queries.ts';
import { type StateFilters, stateSelection } from './state-selection.ts';
import { type WorkOrderStateName, workOrderStates } from './work-order-message.ts';

export type WorkOrderFilters = StateFilters<WorkOrderStateName>;

/** A page of a project's work orders, the newest first, then by id (project_workorders_query/1). */
export function newestWorkOrders(db: Queries, filters: WorkOrderFilters, page: NewestPage) {
  return workOrders(db)
    .where(isOnPage('work_orders', stateSelection(filters, workOrderStates.names), page))
    .orderBy('work_orders.inserted_at', 'desc')
    .orderBy('work_orders.id', 'desc')
    .limit(page.limit);
}

/** The moments at which the work orders of a page may have been made; undefined for no bound. */
interface Made {
  readonly insertedFrom: string | undefined;
  readonly insertedBefore: string | undefined;
}

/**
 * A page of a project's work orders, the latest active first, then by id; all other filters are looked at row by row.
 * Relies on the index on (project_id, last_activity, id).
 */
export function latestActiveWorkOrders(
  db: Queries,
  { projectId, workflowIds, states, insertedFrom, insertedBefore }: WorkOrderFilters & Made,
  page: NewestPage,
) {
  return workOrders(db)
    .where(isOnPage('work_orders', { match: sql`project_id = ${projectId}` }, page, 'last_activity'))
    .$if(workflowIds.length > 0, (query) => query.where('work_orders.workflow_id', 'in', workflowIds))
    .$if(states.length > 0, (query) => query.where('work_orders.state', 'in', states))
    .$if(insertedFrom !== undefined, (query) =>
      query.where(sql<boolean>`work_orders.inserted_at >= ${insertedFrom}`),
    )
    .$if(insertedBefore !== undefined, (query) =>
      query.where(sql<boolean>`work_orders.inserted_at < ${insertedBefore}`),
    )
    .orderBy('work_orders.last_activity', 'desc')
    .orderBy('work_orders.id', 'desc')
    .limit(page.limit);
}

function workOrders(db: Queries) {
  return db
    .selectFrom('work_orders')
    .select([
      'work_orders.id',
      'work_orders.workflow_id',
      'work_orders.snapshot_id',
      'work_orders.trigger_id',
      'work_orders.dataclip_id',
      'work_orders.state',
      'work_orders.last_activity',
      'work_orders.inserted_at',
      'work_orders.updated_at',
    ]);
}
