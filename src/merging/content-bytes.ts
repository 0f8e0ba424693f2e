import { sql } from 'kysely';
import { prepared } from '../database/prepared.ts';
import type { Queries } from '../database/queries.ts';
import { codeBytes } from '../workflows/code-bytes.ts';
import type { WorkflowPair } from './workflow-pairs.ts';

/**
 * How many bytes looking at each of some pairs may read: the code of both sides, and what the database keeps of the
 * snapshots at their base, which it packs more or less. One statement, which reads none of it.
 */
export async function contentBytes(
  db: Queries,
  pairs: readonly WorkflowPair[],
): Promise<(pair: WorkflowPair) => number> {
  const sides = pairs.flatMap(({ source, target, base }) => [
    { id: source?.id, lockVersion: base?.source.lockVersion },
    { id: target?.id, lockVersion: base?.target.lockVersion },
  ]);
  if (sides.length === 0) return () => 0;
  const { rows } = await prepared(
    'content bytes',
    sql<{ id: string; bytes: number }>`
    select side.id, ${codeBytes(sql`side.id`)} + coalesce((
      select pg_column_size(s.jobs) + pg_column_size(s.edges) from workflow_snapshots s
      where s.workflow_id = side.id and s.lock_version = side.lock_version), 0) as bytes
    from unnest(${sides.map(({ id }) => id)}::uuid[], ${sides.map(({ lockVersion }) => lockVersion)}::integer[])
      as side (id, lock_version)
    where side.id is not null`,
  ).execute(db);
  const bytes = new Map(rows.map((row) => [row.id, row.bytes]));
  return ({ source, target }) =>
    [source, target].reduce((sum, side) => sum + (bytes.get(side?.id ?? '') ?? 0), 0);
}
