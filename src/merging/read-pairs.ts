import { type RawBuilder, sql } from 'kysely';
import { prepared } from '../database/prepared.ts';
import type { Queries } from '../database/queries.ts';
import { codeBytes } from '../workflows/code-bytes.ts';
import { isWon, type SettledPair } from './bases.ts';
import { isAtMark, type LineageRow, lineageOfRows, lineFrom } from './lineage.ts';
import type { Loss } from './losses.ts';
import { pairWorkflows, type WorkflowHead, type WorkflowPair } from './workflow-pairs.ts';

interface HeadRow extends WorkflowHead {
  readonly projectId: string;
}

interface Found {
  readonly heads: HeadRow[] | null;
  readonly lineage: LineageRow[] | null;
  readonly settled: SettledPair[] | null;
  readonly losses: Loss[] | null;
}

/**
 * All workflows of two projects, paired. One statement.
 *
 * @param reopened whether conflicts that the target won are conflicts again
 */
export async function allPairs(
  db: Queries,
  sourceId: string,
  targetId: string,
  reopened = false,
): Promise<WorkflowPair[]> {
  return await readPairs('all pairs', db, sourceId, targetId, sql`true`, reopened);
}

/**
 * The same without the pairs that nobody has touched since both were the same, as `isUntouched` has it. The database
 * finds these by the lineage, so that they cost neither transport nor memory.
 */
export async function touchedPairs(db: Queries, sourceId: string, targetId: string): Promise<WorkflowPair[]> {
  const projects = sql`any(${[sourceId, targetId]}::uuid[])`;
  const untouched = sql`
    select unnest(array[copy.id, source.id])
    from sandbox_lineage l
    join workflows copy on copy.id = l.copy_id and copy.project_id = ${projects}
    join workflows source on source.id = l.source_id and source.project_id = ${projects}
    where l.sandbox_id = ${projects} and l.kind = 'workflow'
      and ${isAtMark(sql`copy`, sql`l.copy`)} and ${isAtMark(sql`source`, sql`l.source`)}
    union all
    select unnest(array[one.id, other.id])
    from workflows one
    join merge_bases b on b.one_id = one.id
    join workflows other on other.id = b.other_id and other.project_id = ${projects}
    where one.project_id = ${projects}
      and ${isAtMark(sql`one`, sql`b.one`)} and ${isAtMark(sql`other`, sql`b.other`)}`;
  const isTouched = sql`id not in (${untouched})`;
  return await readPairs('touched pairs', db, sourceId, targetId, isTouched, false, CODE_BYTES);
}

/** Of the few that were touched; of all it would take longer than the rest. */
const CODE_BYTES = sql`, ${codeBytes(sql`workflows.id`)} as "codeBytes"`;

async function readPairs(
  name: string,
  db: Queries,
  sourceId: string,
  targetId: string,
  condition: RawBuilder<unknown>,
  reopened: boolean,
  more = sql``,
): Promise<WorkflowPair[]> {
  const { rows } = await prepared(
    name,
    sql<Found>`
    with recursive head as materialized (
      select project_id as "projectId", id, name, version_hash as hash, lock_version as "lockVersion",
             deleted_at is not null as deleted${more}
      from workflows
      where project_id = any(${[sourceId, targetId]}::uuid[]) and ${condition}
    ), settled as (
      select one_id as "oneId", json_build_object('hash', one_hash, 'lockVersion', one_lock_version) as one,
             other_id as "otherId", json_build_object('hash', other_hash, 'lockVersion', other_lock_version) as other
      from head cross join lateral (select * from merge_bases where one_id = head.id offset 0) base
      where other_id in (select id from head)
    ), ${lineFrom(sql`head start`)}, loss as (
      select workflow_id as "workflowId", lock_version as "lockVersion", hash, previous_hash as "previousHash"
      from workflow_losses
      where workflow_id = any(array(select id from head union all select source_id from line))
    )
    select (select json_agg(head order by id) from head) as heads, (select json_agg(line) from line) as lineage,
           (select json_agg(settled) from settled) as settled, (select json_agg(loss) from loss) as losses`,
  ).execute(db);
  const { heads, lineage, settled, losses } = rows[0] ?? {};
  const of = (id: string) => (heads ?? []).filter(({ projectId }) => projectId === id);
  const counted = (settled ?? []).filter((pair) => !reopened || !isWon(pair));
  return pairWorkflows(of(sourceId), of(targetId), lineageOfRows(lineage ?? []), counted, losses ?? []);
}
