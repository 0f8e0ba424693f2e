import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { Counts } from '../exchange/import-counts.ts';
import { CHANGED } from './plan-by-id.ts';
import type { PostedState } from './posted-state.ts';
import { BLANK } from './state-fields.ts';
import { TAKEN, takenIds } from './taken-ids.ts';

interface Collection {
  readonly id: string;
  readonly name: string;
}

/** What becomes of a project's collections. */
export interface CollectionPlan {
  readonly created: readonly Collection[];
  readonly renamed: readonly Collection[];
  readonly deleted: readonly Collection[];
}

/**
 * Collections are known by id, and one whose id is unknown by its name, unless the state names the one of that name by
 * its id. Those that are not named stay.
 */
export async function planCollections(
  unit: UnitOfWork,
  projectId: string | undefined,
  { collections }: PostedState,
): Promise<CollectionPlan> {
  const rows = projectId === undefined ? [] : await presentCollections(unit, projectId);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const named = new Set(collections.map(({ id }) => id));
  const byName = new Map(rows.flatMap((row) => (named.has(row.id) ? [] : [[row.name, row] as const])));
  const plan = { created: [] as Collection[], renamed: [] as Collection[], deleted: [] as Collection[] };
  for (const { id, name, isDeleted, errors } of collections) {
    const row = byId.get(id) ?? byName.get(name ?? '');
    if (row === undefined) {
      if (isDeleted) continue;
      if (name === undefined) errors.add('name', BLANK);
      else plan.created.push({ id, name });
    } else if (isDeleted) {
      if (name !== undefined && name !== row.name) errors.add('delete', CHANGED);
      plan.deleted.push(row);
    } else if (name !== undefined && name !== row.name) plan.renamed.push({ id: row.id, name });
  }
  refuseRepeats(rows, plan, collections);
  const fresh = plan.created.map(({ id }) => id);
  const taken = await takenIds(unit, 'collections', fresh);
  for (const { id, errors } of collections) if (taken.has(id)) errors.add('id', TAKEN);
  return plan;
}

async function presentCollections(unit: UnitOfWork, projectId: string): Promise<Collection[]> {
  return await unit.db
    .selectFrom('collections')
    .select(['id', 'name'])
    .where('project_id', '=', projectId)
    .execute();
}

function refuseRepeats(
  rows: readonly Collection[],
  { created, renamed, deleted }: CollectionPlan,
  posted: PostedState['collections'],
): void {
  const gone = new Set([...renamed, ...deleted].map(({ id }) => id));
  const all = [...rows.filter(({ id }) => !gone.has(id)), ...created, ...renamed];
  const byName = Map.groupBy(all, ({ name }) => name);
  const touched = new Set([...created, ...renamed].map(({ id }) => id));
  for (const { id, name, errors } of posted) {
    if (touched.has(id) && (byName.get(name ?? '')?.length ?? 0) > 1)
      errors.add('name', 'A collection with this name already exists');
  }
}

/** Writes the plan; the project must be locked. */
export async function writeCollections(
  unit: UnitOfWork,
  projectId: string,
  { created, renamed, deleted }: CollectionPlan,
  counts: Counts,
): Promise<void> {
  const now = unit.now.toISOString();
  const columns = (rows: readonly Collection[]) =>
    sql`unnest(${rows.map(({ id }) => id)}::uuid[], ${rows.map(({ name }) => name)}::text[]) as new (id, name)`;
  if (deleted.length > 0)
    await sql`delete from collections where id = any(${deleted.map(({ id }) => id)}::uuid[])`.execute(
      unit.db,
    );
  if (renamed.length > 0) {
    // Names may pass from one collection to another, and the unique index looks at each row by itself.
    await sql`
      update collections set name = gen_random_uuid()::text
      where id = any(${renamed.map(({ id }) => id)}::uuid[])`.execute(unit.db);
    await sql`
      update collections c set name = new.name, updated_at = ${now}
      from ${columns(renamed)} where c.id = new.id`.execute(unit.db);
  }
  if (created.length > 0)
    await sql`
      insert into collections (id, project_id, name)
      select id, ${projectId}::uuid, name from ${columns(created)}`.execute(unit.db);
  counts.created.collections += created.length;
  counts.updated.collections += renamed.length;
  counts.deleted.collections += deleted.length;
}
