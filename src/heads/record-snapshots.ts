import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { KAFKA_SECRETS } from '../workflows/kafka-configuration.ts';

/**
 * Keeps workflows as they are now: one snapshot each, at its present lock_version, with jobs, triggers and
 * edges as JSON arrays of their rows, in the order of insertion and without passwords. The entities must have
 * been flushed, and a workflow's lock_version raised since its last snapshot: there is one a lock_version.
 *
 * One statement, however many workflows. Relies on the indexes that begin with workflow_id; the arrays are
 * subqueries instead of joins so that the plan needs no statistics of rows that the same transaction has just
 * written.
 */
export async function recordSnapshots(unit: UnitOfWork, workflowIds: readonly string[]): Promise<void> {
  if (workflowIds.length === 0) return;
  await sql`
    insert into workflow_snapshots (workflow_id, lock_version, name, positions, jobs, triggers, edges, inserted_at)
    select w.id, w.lock_version, w.name, w.positions,
           (select coalesce(jsonb_agg(to_jsonb(j) - 'workflow_id' order by j.inserted_at, j.id), '[]')
            from jobs j where j.workflow_id = w.id),
           (select coalesce(jsonb_agg(
              to_jsonb(t) - array['workflow_id', 'enabled_before_deletion'] || jsonb_build_object(
                'kafka_configuration', t.kafka_configuration - ${KAFKA_SECRETS}::text[])
              order by t.inserted_at, t.id), '[]')
            from triggers t where t.workflow_id = w.id),
           (select coalesce(jsonb_agg(to_jsonb(e) - 'workflow_id' order by e.inserted_at, e.id), '[]')
            from workflow_edges e where e.workflow_id = w.id),
           ${unit.now.toISOString()}
    from workflows w
    where w.id = any(${workflowIds}::uuid[])`.execute(unit.db);
}
