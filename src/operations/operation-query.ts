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

/** The columns of an {@link OperationRow} of `operations` under the name `o`. */
export const operationColumns = sql`
  o.id, o.kind, o.project_id, o.project_name, o.actor_id, o.state, o.error_code, o.error_reason, o.error_message,
  o.done_units::text, o.total_units::text, o.attempts, o.max_attempts, o.cancel_requested_at::text,
  o.started_at::text, o.finished_at::text, o.inserted_at::text`;

/** Operations by id; those that do not exist are left out. */
export async function operationsById(
  db: Queries,
  ids: readonly string[],
): Promise<ReadonlyMap<string, OperationRow>> {
  const { rows } = await sql<OperationRow>`
    select ${operationColumns} from operations o where o.id = any(${ids}::uuid[])`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}

/** @throws NOT_FOUND */
export async function requireOperation(db: Queries, id: string): Promise<OperationRow> {
  const { rows } = await sql<OperationRow>`
    select ${operationColumns} from operations o where o.id = ${id}`.execute(db);
  const [row] = rows;
  if (row === undefined) throw notFound('operation', id);
  return row;
}
