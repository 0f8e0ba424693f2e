import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';

/**
 * Keeps workflows as they are now, each under its present lock_version, as Lightning's `Snapshot` does; one that was
 * kept before is left alone. One statement, however many workflows; call it after their rows were written.
 *
 * Relies on the unique index on (workflow_id, lock_version) and on the indexes that lead with workflow_id. A
 * snapshot holds rows under their columns' names, in the order of insertion, without passwords.
 */
export async function snapshotWorkflows(unit: UnitOfWork, workflowIds: readonly string[]): Promise<void> {
  if (workflowIds.length === 0) return;
  await sql`
    insert into workflow_snapshots (workflow_id, lock_version, name, positions, jobs, triggers, edges)
    select w.id, w.lock_version, w.name, w.positions,
      (select coalesce(jsonb_agg(to_jsonb(j) - 'workflow_id' order by j.inserted_at, j.id), '[]')
       from jobs j where j.workflow_id = w.id),
      (select coalesce(jsonb_agg(
         to_jsonb(t) - array['workflow_id', 'enabled_before_deletion']
           || jsonb_build_object('kafka_configuration', t.kafka_configuration - array['username', 'password'])
         order by t.inserted_at, t.id), '[]')
       from triggers t where t.workflow_id = w.id),
      (select coalesce(jsonb_agg(to_jsonb(e) - 'workflow_id' order by e.inserted_at, e.id), '[]')
       from workflow_edges e where e.workflow_id = w.id)
    from workflows w
    where w.id = any(${workflowIds}::uuid[])
    on conflict (workflow_id, lock_version) do nothing`.execute(unit.db);
}
