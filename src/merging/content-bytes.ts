import { sql } from 'kysely';
import { prepared } from '../database/prepared.ts';
import type { Queries } from '../database/queries.ts';
import { codeBytes } from '../workflows/code-bytes.ts';
import type { WorkflowPair } from './workflow-pairs.ts';

/**
 * How many bytes of code both sides of each pair hold, which is known without reading any. One statement, and none where
 * it came with the pairs.
 */
export async function contentBytes(
  db: Queries,
  pairs: readonly WorkflowPair[],
): Promise<(pair: WorkflowPair) => number> {
  const heads = pairs.flatMap(({ source, target }) => [source ?? [], target ?? []].flat());
  const bytes = new Map(
    heads.flatMap(({ id, codeBytes }) => (codeBytes === undefined ? [] : [[id, codeBytes]])),
  );
  const asked = heads.flatMap(({ id }) => (bytes.has(id) ? [] : [id]));
  for (const row of asked.length === 0 ? [] : await sizes(db, asked)) bytes.set(row.id, row.bytes);
  return ({ source, target }) => (bytes.get(source?.id ?? '') ?? 0) + (bytes.get(target?.id ?? '') ?? 0);
}

async function sizes(db: Queries, ids: readonly string[]) {
  const { rows } = await prepared(
    'content bytes',
    sql<{ readonly id: string; readonly bytes: number }>`
    select asked.id, ${codeBytes(sql`asked.id`)} as bytes from unnest(${ids}::uuid[]) as asked (id)`,
  ).execute(db);
  return rows;
}
