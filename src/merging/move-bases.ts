import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { MergeStep } from './planned-merge.ts';

/**
 * Remembers that the workflows which were written are now the same on both sides, so that merging again changes nothing
 * and later changes are told from these: the lineage's marks move to where both are. What had no lineage gets one, as a
 * copy of the sandbox's: new workflows, those that shared no more than a name, new jobs and triggers.
 *
 * Two statements, however many workflows.
 */
export async function moveBases(
  unit: UnitOfWork,
  targetId: string,
  steps: readonly MergeStep[],
): Promise<void> {
  const written = steps.flatMap(({ source, merged, isKin }) =>
    source === undefined || merged === undefined ? [] : [{ source, merged, isKin }],
  );
  if (written.length === 0) return;
  const ids = written.flatMap(({ source, merged }) => [source.id, merged.plan.id]);
  await sql`
    update sandbox_lineage l set
      copy_hash = copy.version_hash, copy_lock_version = copy.lock_version,
      source_hash = source.version_hash, source_lock_version = source.lock_version
    from workflows copy, workflows source
    where l.copy_id = any(${ids}::uuid[]) and l.source_id = any(${ids}::uuid[])
      and copy.id = l.copy_id and source.id = l.source_id`.execute(unit.db);

  const workflows = written.filter(({ isKin }) => !isKin);
  const copies = [
    ...workflows.map(({ source, merged }) => ({ kind: 'workflow', id: merged.plan.id, sourceId: source.id })),
    ...written.flatMap(({ merged: { plan, sourceIds } }) => [
      ...plan.jobs.created.map(({ id }) => ({ kind: 'job', id, sourceId: sourceIds.get(id) ?? '' })),
      ...plan.triggers.created.map(({ id }) => ({ kind: 'trigger', id, sourceId: sourceIds.get(id) ?? '' })),
    ]),
  ];
  // A workflow that is a copy of another one already stays that one's.
  await sql`
    insert into sandbox_lineage (copy_id, sandbox_id, kind, source_id, copy_hash, copy_lock_version, source_hash,
                                 source_lock_version, inserted_at)
    select new.copy_id, ${targetId}::uuid, new.kind, new.source_id, copy.version_hash, copy.lock_version,
           source.version_hash, source.lock_version, ${unit.now.toISOString()}
    from unnest(${copies.map(({ id }) => id)}::uuid[], ${copies.map(({ kind }) => kind)}::text[],
                ${copies.map(({ sourceId }) => sourceId)}::uuid[]) as new (copy_id, kind, source_id)
    left join workflows copy on copy.id = new.copy_id
    left join workflows source on source.id = new.source_id
    on conflict (copy_id) do nothing`.execute(unit.db);
}
