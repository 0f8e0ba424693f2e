import type { Migration } from './migration.ts';

/**
 * The queue runs operations; a row says how far one is. Of a kind a project has one that has not ended, so that asking
 * twice starts one.
 */
export const m0013Operations: Migration = {
  name: '0013_operations',
  sql: `
drop index operations_to_run_index;
alter table operations
  drop column lease_expires_at,
  add column project_name text,
  add column max_attempts integer not null default 1,
  add column error_code integer;
create unique index operations_under_way_index on operations (project_id, kind)
  where state in ('pending', 'running') and kind <> 'send_mail';
create index operations_actor_id_inserted_at_id_index on operations (actor_id, inserted_at, id);
`,
};
