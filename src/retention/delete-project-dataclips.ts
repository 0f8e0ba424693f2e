import type { MessageInitShape } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type {
  DeleteProjectDataclipsRequest,
  DeleteProjectDataclipsResponseSchema,
} from '../gen/lightning/projects/v1/maintenance_service_pb.ts';
import { deleteAll } from './delete-all.ts';
import { deleteUnneeded } from './delete-unneeded.ts';
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

/**
 * At most `limit` references of each kind are taken away: of a dataclip that more refer to, the next batch goes on. The
 * lock keeps others from referring to a dataclip meanwhile.
 */
async function deleteDataclips(
  { db, now }: UnitOfWork,
  projectId: string,
  limit: number,
): Promise<DeletedRows> {
  const { rows } = await sql<{ id: string }>`
    select id from dataclips where project_id = ${projectId}
    order by inserted_at, id limit ${limit} for update`.execute(db);
  if (rows.length === 0) return {};
  const ids = rows.map(({ id }) => id);
  let taken = 0n;
  for (const [table, column] of references) {
    const refers = sql`${sql.ref(column)} = any(${ids}::uuid[])`;
    const { numAffectedRows = 0n } = await sql`
      update ${sql.table(table)} set ${sql.ref(column)} = null, updated_at = ${now.toISOString()}
      where id = any(array(select id from ${sql.table(table)} where ${refers} limit ${limit})) and ${refers}`.execute(
      db,
    );
    taken += numAffectedRows;
  }
  return { dataclips: await deleteUnneeded(db, 'dataclips', ids), dataclip_references: Number(taken) };
}
