import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { LongWorkKind } from './operation-names.ts';
import { type OperationRow, operationColumns } from './operation-query.ts';

/** The queue's task that runs operations. */
export const RUN_OPERATION = 'run_operation';

/** Attempts in a row that may fail until the operation has. */
const ATTEMPTS = 3;
/**
 * Times the queue hands out one turn of an operation. A turn that fails says so itself; these are spent only by
 * processes that die at it.
 */
const TURN_ATTEMPTS = 25;

export interface OperationOrder {
  readonly projectId: string;
  readonly projectName: string;
  /** Milliseconds until it may be begun; left out: at once. */
  readonly afterMs?: number;
}

/**
 * Starts an operation of the kind for each project, in the transaction of the change; a project that has one which has
 * not ended keeps that. Answers one operation a project, in their order. Two statements, whatever their number.
 */
export async function startOperations(
  unit: UnitOfWork,
  kind: LongWorkKind,
  orders: readonly OperationOrder[],
): Promise<OperationRow[]> {
  const asked = orders.map(({ projectId, projectName, afterMs = 0 }) => ({
    project_id: projectId,
    project_name: projectName,
    run_at: new Date(unit.now.getTime() + afterMs),
  }));
  const pauses = new Map<string | null, number | undefined>(
    orders.map(({ projectId, afterMs }) => [projectId, afterMs]),
  );
  // The update changes nothing: it makes the statement answer with the one that is there, and wait for its end.
  const { rows } = await sql<OperationRow & { readonly is_new: boolean }>`
    with asked as (
      select * from jsonb_to_recordset(${JSON.stringify(asked)}::jsonb)
        as row (project_id uuid, project_name text, run_at timestamptz)
    )
    insert into operations (kind, project_id, project_name, actor_id, input, run_at, max_attempts, inserted_at)
    select ${kind}, project_id, project_name, ${unit.author.actorId}::uuid, ${JSON.stringify(unit.author)}::jsonb,
           run_at, ${ATTEMPTS}, ${unit.now}
    from asked order by project_id
    on conflict (project_id, kind) where state in ('pending', 'running') and kind <> 'send_mail'
      do update set kind = excluded.kind
    returning ${operationColumns}, xmax = 0 as is_new`.execute(unit.db);
  for (const { id, project_id } of rows.filter(({ is_new }) => is_new)) {
    queueTurn(unit, id, pauses.get(project_id));
    unit.record({
      kind: 'operation_started',
      projectId: project_id,
      itemType: 'operation',
      itemId: id,
      changes: { kind: { after: kind } },
    });
  }
  const byProject = new Map(rows.map((row) => [row.project_id, row]));
  return orders.map(({ projectId }) => byProject.get(projectId)).filter((row) => row !== undefined);
}

/** Starts one operation, or answers with the project's own that has not ended. */
export async function startOperation(
  unit: UnitOfWork,
  kind: LongWorkKind,
  order: OperationOrder,
): Promise<OperationRow> {
  const [row] = await startOperations(unit, kind, [order]);
  if (row === undefined) throw new Error('an operation that was started has no row');
  return row;
}

/**
 * Keeps the operation of the kind that the project has and that has not ended from its next batch until the transaction
 * ends. A batch holds its operation before what it works on: who holds that and then asks for the operation would wait
 * for the batch, and the batch for them.
 */
export async function holdOperation(
  { db }: UnitOfWork,
  kind: LongWorkKind,
  projectId: string,
): Promise<void> {
  await sql`
    select from operations where project_id = ${projectId} and kind = ${kind} and state in ('pending', 'running')
    for no key update`.execute(db);
}

/**
 * Lets a worker go on with an operation, once so many milliseconds have passed. An operation waits for one turn at most.
 */
export function queueTurn(unit: UnitOfWork, operationId: string, afterMs = 0): void {
  unit.addJob(RUN_OPERATION, { operationId }, { attempts: TURN_ATTEMPTS, key: operationId, afterMs });
}
