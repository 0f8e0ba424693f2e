import { type RawBuilder, sql } from 'kysely';
import { prepared } from '../database/prepared.ts';
import type { Queries } from '../database/queries.ts';
import { type LineageRow, lineageOfRows, lineFrom } from './lineage.ts';
import { pairWorkflows, type WorkflowHead, type WorkflowPair } from './workflow-pairs.ts';

interface HeadRow extends WorkflowHead {
  readonly projectId: string;
}

/** All workflows of two projects, paired. One statement. */
export async function allPairs(db: Queries, sourceId: string, targetId: string): Promise<WorkflowPair[]> {
  return await readPairs('all pairs', db, sourceId, targetId, sql`true`);
}

/**
 * The same without the pairs that nobody has touched since both were the same, as `isUntouched` has it. The database
 * finds these by the lineage, so that they cost neither transport nor memory.
 */
export async function touchedPairs(db: Queries, sourceId: string, targetId: string): Promise<WorkflowPair[]> {
  const projects = sql`any(${[sourceId, targetId]}::uuid[])`;
  const isAtMark = (workflow: RawBuilder<unknown>, side: RawBuilder<unknown>) => sql`
    ${workflow}.deleted_at is null and ${workflow}.version_hash is not distinct from l.${side}_hash
    and ${workflow}.lock_version = coalesce(l.${side}_lock_version, ${workflow}.lock_version)`;
  const untouched = sql`
    select unnest(array[copy.id, source.id])
    from sandbox_lineage l
    join workflows copy on copy.id = l.copy_id and copy.project_id = ${projects}
    join workflows source on source.id = l.source_id and source.project_id = ${projects}
    where l.sandbox_id = ${projects} and l.kind = 'workflow'
      and ${isAtMark(sql`copy`, sql`copy`)} and ${isAtMark(sql`source`, sql`source`)}`;
  return await readPairs('touched pairs', db, sourceId, targetId, sql`id not in (${untouched})`);
}

async function readPairs(
  name: string,
  db: Queries,
  sourceId: string,
  targetId: string,
  condition: RawBuilder<unknown>,
): Promise<WorkflowPair[]> {
  const { rows } = await prepared(
    name,
    sql<{ heads: HeadRow[] | null; lineage: LineageRow[] | null }>`
    with recursive head as materialized (
      select project_id as "projectId", id, name, version_hash as hash, lock_version as "lockVersion",
             deleted_at is not null as deleted
      from workflows
      where project_id = any(${[sourceId, targetId]}::uuid[]) and ${condition}
    ), ${lineFrom(sql`head start`)}
    select (select json_agg(head) from head) as heads, (select json_agg(line) from line) as lineage`,
  ).execute(db);
  const heads = rows[0]?.heads ?? [];
  const of = (id: string) => heads.filter(({ projectId }) => projectId === id);
  return pairWorkflows(of(sourceId), of(targetId), lineageOfRows(rows[0]?.lineage ?? []));
}
