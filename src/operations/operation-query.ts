import { sql } from 'kysely';
import { notFound } from '../call/failure.ts';
import type { Queries } from '../database/queries.ts';
import type { OperationKindName, OperationStateName } from './operation-names.ts';

/** An operation as it is stored, its moments in their full precision. */
export interface OperationRow {
  readonly id: string;
  readonly kind: OperationKindName;
  readonly project_id: string | null;
  readonly project_name: string | null;
  readonly actor_id: string | null;
  readonly state: OperationStateName;
  readonly error_code: number | null;
  readonly error_reason: string | null;
  readonly error_message: string | null;
  readonly done_units: string;
  readonly total_units: string | null;
  readonly attempts: number;
  readonly max_attempts: number;
  readonly cancel_requested_at: string | null;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly inserted_at: string;
}

/** The columns of an {@link OperationRow}, of a statement in which `operations` has no other name. */
export const operationColumns = sql`
  operations.id, operations.kind, operations.project_id, operations.project_name, operations.actor_id,
  operations.state, operations.error_code, operations.error_reason, operations.error_message,
  operations.done_units::text, operations.total_units::text, operations.attempts, operations.max_attempts,
  operations.cancel_requested_at::text, operations.started_at::text, operations.finished_at::text,
  operations.inserted_at::text`;

/** Operations by id; those that do not exist are left out. */
export async function operationsById(
  db: Queries,
  ids: readonly string[],
): Promise<ReadonlyMap<string, OperationRow>> {
  const { rows } = await sql<OperationRow>`
    select ${operationColumns} from operations where id = any(${ids}::uuid[])`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}

/** @throws NOT_FOUND */
export async function requireOperation(db: Queries, id: string): Promise<OperationRow> {
  const { rows } = await sql<OperationRow>`
    select ${operationColumns} from operations where id = ${id}`.execute(db);
  const [row] = rows;
  if (row === undefined) throw notFound('operation', id);
  return row;
}
