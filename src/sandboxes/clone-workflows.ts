import { type RawBuilder, sql } from 'kysely';
import type { CloneInput } from './clone-maps.ts';

/**
 * Copies of the workflows, with the places of jobs and triggers on the canvas under the ids of their copies
 * (a node that is gone has none), and the lineage: which row was copied from which, and where a workflow and
 * its copy stand. Relies on the maps.
 */
export function cloneWorkflows({ parentId, sandboxId, now }: CloneInput): RawBuilder<unknown> {
  return sql`
    node as (
      select id, workflow_id, copy_id from job union all select id, workflow_id, copy_id from trigger
    ), place as (
      select id as workflow_id, jsonb_each(positions) as entry from workflows
      where project_id = ${parentId} and deleted_at is null and jsonb_typeof(positions) = 'object'
    ), placement as (
      select place.workflow_id, jsonb_object_agg(node.copy_id, (place.entry).value) as positions
      from place
      join node on node.workflow_id = place.workflow_id and node.id::text = (place.entry).key
      group by place.workflow_id
    ), copied_workflows as (
      insert into workflows (id, project_id, name, positions, concurrency, enable_job_logs, inserted_at, updated_at)
      select workflow.copy_id, ${sandboxId}, w.name, placement.positions, w.concurrency, w.enable_job_logs, ${now}, ${now}
      from workflows w
      join workflow on workflow.id = w.id
      left join placement on placement.workflow_id = w.id
      where w.project_id = ${parentId}
    ), lineage as (
      insert into sandbox_lineage
        (copy_id, sandbox_id, kind, source_id, source_hash, source_lock_version, copy_hash, copy_lock_version, inserted_at)
      select copy_id, ${sandboxId}, kind, id, hash, lock_version, hash, first_lock_version, ${now}
      from (
        select copy_id, 'workflow' as kind, id, (latest).hash as hash, lock_version, 1 as first_lock_version
        from workflow
        union all select copy_id, 'job', id, null, null, null from job
        union all select copy_id, 'trigger', id, null, null, null from trigger
        union all select copy_id, 'edge', id, null, null, null from edge
        union all select copy_id, 'keychain', id, null, null, null from keychain
      ) copies
    )`;
}
