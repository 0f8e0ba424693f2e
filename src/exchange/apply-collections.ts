import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { v7 as uuid } from '../database/uuid.ts';
import type { Counts } from './import-counts.ts';

/** Gives a project the collections of these names; the project must be locked, and the names differ. */
export async function applyCollections(
  unit: UnitOfWork,
  projectId: string,
  names: readonly string[],
  prune: boolean,
  counts: Counts,
): Promise<void> {
  const rows = await unit.db
    .selectFrom('collections')
    .select('name')
    .where('project_id', '=', projectId)
    .execute();
  const present = new Set(rows.map(({ name }) => name));
  const wanted = new Set(names);
  const fresh = names.filter((name) => !present.has(name));
  const others = prune ? [...present].filter((name) => !wanted.has(name)) : [];
  if (fresh.length > 0) {
    const ids = fresh.map(() => uuid(unit.now));
    await sql`
      insert into collections (id, project_id, name)
      select id, ${projectId}::uuid, name from unnest(${ids}::uuid[], ${fresh}::text[]) as new (id, name)`.execute(
      unit.db,
    );
  }
  if (others.length > 0) {
    await sql`delete from collections where project_id = ${projectId} and name = any(${others}::text[])`.execute(
      unit.db,
    );
  }
  counts.created.collections += fresh.length;
  counts.deleted.collections += others.length;
  counts.unchanged.collections += names.length - fresh.length;
}
