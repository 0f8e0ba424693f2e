import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { ELSEWHERE } from './bases.ts';
import { isUntouched } from './merge-rules.ts';
import type { MergeStep } from './planned-merge.ts';

/**
 * Remembers what a merge settled, so that merging again changes nothing and later changes are told from these:
 *
 * - Two workflows that are the same now, because one was written or both sides had changed alike, were last the same
 *   where they are. What had no lineage gets one, as a copy of the sandbox's: new workflows, those that shared no more
 *   than a name, new jobs and triggers.
 * - Of a conflict that the target won, what the sandbox had changed is settled, and the target stands elsewhere.
 *
 * At most three statements, however many workflows; none where nothing was touched.
 */
export async function moveBases(
  unit: UnitOfWork,
  targetId: string,
  steps: readonly MergeStep[],
): Promise<void> {
  await linkCopies(unit, targetId, steps);
  await settle(unit, steps.flatMap(alike), true);
  await settle(unit, steps.flatMap(wonByTarget), false);
}

interface Settled {
  readonly sourceId: string;
  readonly targetId: string;
}

/** The two of a step that are the same now, and were not known to be. */
function alike(step: MergeStep): Settled[] {
  const { source, target, merged, standing } = step;
  if (source === undefined) return [];
  if (merged !== undefined) return [{ sourceId: source.id, targetId: merged.plan.id }];
  if (target === undefined || standing.kind !== 'same' || isUntouched(step)) return [];
  return [{ sourceId: source.id, targetId: target.id }];
}

/** The two of a step in which the target keeps its own; one of them may be deleted. */
function wonByTarget({ source, target, gone, action, standing }: MergeStep): Settled[] {
  const [one, other] = [source ?? gone, target ?? gone];
  if (action !== 'keep' || !standing.conflict || one === undefined || other === undefined) return [];
  return [{ sourceId: one.id, targetId: other.id }];
}

/** What is a copy of another one already stays that one's. */
async function linkCopies(unit: UnitOfWork, targetId: string, steps: readonly MergeStep[]): Promise<void> {
  const workflows = steps.flatMap((step) =>
    step.isKin
      ? []
      : alike(step).map((pair) => ({ kind: 'workflow', id: pair.targetId, sourceId: pair.sourceId })),
  );
  const nodes = steps.flatMap(({ merged }) => {
    if (merged === undefined) return [];
    const { plan, sourceIds } = merged;
    const linked = (kind: string) => (row: { readonly id: string }) => ({
      kind,
      id: row.id,
      sourceId: sourceIds.get(row.id) ?? '',
    });
    return [...plan.jobs.created.map(linked('job')), ...plan.triggers.created.map(linked('trigger'))];
  });
  const copies = [...workflows, ...nodes];
  if (copies.length === 0) return;
  await sql`
    insert into sandbox_lineage (copy_id, sandbox_id, kind, source_id, inserted_at)
    select copy_id, ${targetId}::uuid, kind, source_id, ${unit.now.toISOString()}
    from unnest(${copies.map(({ id }) => id)}::uuid[], ${copies.map(({ kind }) => kind)}::text[],
                ${copies.map(({ sourceId }) => sourceId)}::uuid[]) as new (copy_id, kind, source_id)
    on conflict (copy_id) do nothing`.execute(unit.db);
}

/**
 * Marks both where they are: in the lineage where one is the other's copy, by themselves where not. With the target
 * elsewhere always by themselves, since what stands in the lineage others are compared by too.
 */
async function settle(unit: UnitOfWork, pairs: readonly Settled[], isAlike: boolean): Promise<void> {
  if (pairs.length === 0) return;
  await sql`
    with settled as (
      select source.id as source_id, source.version_hash as source_hash, source.lock_version as source_lock_version,
             target.id as target_id,
             case when ${isAlike} then target.version_hash end as target_hash,
             case when ${isAlike} then target.lock_version else ${ELSEWHERE.lockVersion}::integer end as target_lock_version
      from unnest(${pairs.map(({ sourceId }) => sourceId)}::uuid[], ${pairs.map(({ targetId }) => targetId)}::uuid[])
        as pair (source_id, target_id)
      join workflows source on source.id = pair.source_id
      join workflows target on target.id = pair.target_id
    ), sides (one_id, one_hash, one_lock_version, other_id, other_hash, other_lock_version) as (
      select source_id, source_hash, source_lock_version, target_id, target_hash, target_lock_version from settled
      union all
      select target_id, target_hash, target_lock_version, source_id, source_hash, source_lock_version from settled
    ), linked as (
      update sandbox_lineage l set
        copy_hash = one_hash, copy_lock_version = one_lock_version,
        source_hash = other_hash, source_lock_version = other_lock_version
      from sides
      where ${isAlike} and l.copy_id = one_id and l.source_id = other_id
      returning one_id, other_id
    )
    insert into merge_bases
      (one_id, one_hash, one_lock_version, other_id, other_hash, other_lock_version, updated_at)
    select sides.*, ${unit.now.toISOString()}
    from sides
    where one_id < other_id
      and not exists (
        select from linked
        where (linked.one_id, linked.other_id) in ((sides.one_id, sides.other_id), (sides.other_id, sides.one_id))
      )
    on conflict (one_id, other_id) do update set
      one_hash = excluded.one_hash, one_lock_version = excluded.one_lock_version,
      other_hash = excluded.other_hash, other_lock_version = excluded.other_lock_version,
      updated_at = excluded.updated_at`.execute(unit.db);
}
