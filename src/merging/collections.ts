import { sql } from 'kysely';
import { prepared } from '../database/prepared.ts';
import type { Queries } from '../database/queries.ts';

/** Names of the collections that only the source, and only the target has; by name. One statement. */
export async function differingCollections(
  db: Queries,
  sourceId: string,
  targetId: string,
): Promise<{ createdCollections: string[]; deletedCollections: string[] }> {
  const { rows } = await prepared(
    'differing collections',
    sql<{ name: string; inSource: boolean }>`
    select name, source.id is not null as "inSource"
    from (select id, name from collections where project_id = ${sourceId}) source
    full join (select id, name from collections where project_id = ${targetId}) target using (name)
    where source.id is null or target.id is null
    order by name`,
  ).execute(db);
  const names = (inSource: boolean) =>
    rows.filter((row) => row.inSource === inSource).map(({ name }) => name);
  return { createdCollections: names(true), deletedCollections: names(false) };
}
