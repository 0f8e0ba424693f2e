import { sql } from 'kysely';
import { refuse } from '../call/failure.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { dataclipViolations } from './provision-rules.ts';

/**
 * Copies dataclips of a project into its sandbox: name, type and body. Refuses with each that does not
 * qualify. Two statements; the rows are locked from the check on, so that what is copied is what was checked.
 */
export async function copyDataclips(
  unit: UnitOfWork,
  parentId: string,
  sandboxId: string,
  dataclipIds: readonly string[],
): Promise<void> {
  if (dataclipIds.length === 0) return;
  const ids = dataclipIds.map((id) => id.toLowerCase());
  const rows = await unit.db
    .selectFrom('dataclips')
    .select(['id', 'project_id', 'name', 'type'])
    .where('id', 'in', [...new Set(ids)])
    .forShare()
    .execute();
  refuse(dataclipViolations(ids, rows, parentId));
  const now = unit.now.toISOString();
  await sql`
    insert into dataclips (id, project_id, name, type, body, inserted_at, updated_at)
    select uuid_v7(${now}::timestamptz, row_number() over (order by inserted_at, id)), ${sandboxId}, name, type, body,
           ${now}, ${now}
    from dataclips
    where id = any(${ids}::uuid[])`.execute(unit.db);
}
