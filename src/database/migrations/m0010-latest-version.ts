import type { Migration } from './migration.ts';

/**
 * `workflows.version_hash` is the hash of the workflow's latest version by (inserted_at, id), null when it
 * has none; triggers keep it, whoever writes versions. Heads are computed from it: looking the latest
 * versions up instead reads an index page of each workflow, which takes three times as long once there are a
 * hundred versions of each.
 *
 * Two transactions cannot both be here for one workflow: the triggers of `0004_head_hash`, which come first
 * by name, have locked its project.
 */
export const m0010LatestVersion: Migration = {
  name: '0010_latest_version',
  sql: `
alter table workflows add version_hash text
  constraint workflows_version_hash_check check (version_hash ~ '^[0-9a-f]{12}$');

update workflows w set version_hash = (
  select v.hash from workflow_versions v where v.workflow_id = w.id
  order by v.inserted_at desc, v.id desc limit 1
);

-- A head is then read from this index alone, in its order.
drop index workflows_project_id_id_index;
create index workflows_project_id_id_index on workflows (project_id, id) include (version_hash);

create function keep_latest_versions() returns trigger
language plpgsql as $$
begin
  update workflows w set version_hash = latest.hash
  from (select distinct workflow_id from changed) touched
  left join lateral (
    select v.hash from workflow_versions v
    where v.workflow_id = touched.workflow_id
    order by v.inserted_at desc, v.id desc
    limit 1
  ) latest on true
  where w.id = touched.workflow_id and w.version_hash is distinct from latest.hash;
  return null;
end
$$;

create trigger keep_latest_insert after insert on workflow_versions
  referencing new table as changed for each statement execute function keep_latest_versions();
create trigger keep_latest_update_from after update on workflow_versions
  referencing old table as changed for each statement execute function keep_latest_versions();
create trigger keep_latest_update_to after update on workflow_versions
  referencing new table as changed for each statement execute function keep_latest_versions();
create trigger keep_latest_delete after delete on workflow_versions
  referencing old table as changed for each statement execute function keep_latest_versions();
`,
};
