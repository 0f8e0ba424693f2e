import type { Migration } from './migration.ts';

/**
 * `projects.head_hash` caches the computed head; null means unknown. Whatever changes a project's workflow
 * versions makes it unknown again, without touching lock_version: the cache is no part of what an etag covers.
 *
 * The project is locked first, even when there is nothing to forget: who fills the cache locks the project
 * `for no key update` before reading the versions, and the two can then never overlap unseen. In order of id,
 * so that two such changes cannot deadlock. Foreign key checks are not held up by this lock.
 */
export const m0004HeadHash: Migration = {
  name: '0004_head_hash',
  sql: `
create function forget_project_heads(project_ids uuid[]) returns void
language plpgsql as $$
begin
  perform 1 from projects where id = any (project_ids) order by id for no key update;
  update projects set head_hash = null where id = any (project_ids) and head_hash is not null;
end
$$;

create function forget_heads_of_versions() returns trigger
language plpgsql as $$
begin
  perform forget_project_heads(array(
    select distinct project_id from workflows where id in (select workflow_id from changed)
  ));
  return null;
end
$$;

create function forget_heads_of_workflows() returns trigger
language plpgsql as $$
begin
  perform forget_project_heads(array(select distinct project_id from changed));
  return null;
end
$$;

create trigger forget_head_insert after insert on workflow_versions
  referencing new table as changed for each statement execute function forget_heads_of_versions();
create trigger forget_head_update_from after update on workflow_versions
  referencing old table as changed for each statement execute function forget_heads_of_versions();
create trigger forget_head_update_to after update on workflow_versions
  referencing new table as changed for each statement execute function forget_heads_of_versions();
create trigger forget_head_delete after delete on workflow_versions
  referencing old table as changed for each statement execute function forget_heads_of_versions();
-- One statement may delete versions together with their workflow, which the first function then cannot find.
create trigger forget_head_delete after delete on workflows
  referencing old table as changed for each statement execute function forget_heads_of_workflows();
`,
};
