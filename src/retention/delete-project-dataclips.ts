import type { MessageInitShape } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type {
  DeleteProjectDataclipsRequest,
  DeleteProjectDataclipsResponseSchema,
} from '../gen/lightning/projects/v1/maintenance_service_pb.ts';
import { deleteAll } from './delete-all.ts';
import type { DeletedRows } from './deleted-rows.ts';

/** Where dataclips are referred to. */
const references = [
  ['work_orders', 'dataclip_id'],
  ['runs', 'dataclip_id'],
  ['steps', 'input_dataclip_id'],
  ['steps', 'output_dataclip_id'],
] as const;

/**
 * Deletes all dataclips of a project, named ones too, the oldest first; work orders, runs and steps that used them lose
 * the reference (delete_project_dataclips/2).
 */
export function deleteProjectDataclips(
  { projectId, batchSize }: DeleteProjectDataclipsRequest,
  call: Call,
): AsyncIterable<MessageInitShape<typeof DeleteProjectDataclipsResponseSchema>> {
  const deleteNext = (unit: UnitOfWork, limit: number) => deleteDataclips(unit, projectId, limit);
  return deleteAll({ projectId, batchSize, table: 'dataclips', deleteNext }, call);
}

/** The lock keeps others from referring to a dataclip while the references to it are taken away. */
async function deleteDataclips(
  { db, now }: UnitOfWork,
  projectId: string,
  limit: number,
): Promise<DeletedRows> {
  const { rows } = await sql<{ id: string }>`
    select id from dataclips where project_id = ${projectId}
    order by inserted_at, id limit ${limit} for update`.execute(db);
  if (rows.length === 0) return {};
  const isOne = sql`any(${rows.map(({ id }) => id)}::uuid[])`;
  for (const [table, column] of references) {
    await sql`update ${sql.table(table)} set ${sql.ref(column)} = null, updated_at = ${now.toISOString()}
      where ${sql.ref(column)} = ${isOne}`.execute(db);
  }
  await sql`delete from dataclips where id = ${isOne}`.execute(db);
  return { dataclips: rows.length };
}
