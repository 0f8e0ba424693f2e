import type { Migration } from './migration.ts';

/**
 * What the lists of a project read in their own order, so that every page costs the same.
 *
 * History says of which project it is: a project's work orders lie under its workflows, its runs under those, and its
 * steps under jobs that may be gone, snapshots that may be unknown or runs of which a step may have several. In their
 * order of time they could be listed only by reading all of them. Lightning's tables have no such columns, so triggers
 * fill in what is left out; who knows the project spares them the look. There is no foreign key: that of the workflow
 * or the work order holds the project too.
 */
export const m0007Lists: Migration = {
  name: '0007_lists',
  sql: `
alter table work_orders add column project_id uuid;
update work_orders set project_id = workflows.project_id from workflows where workflows.id = workflow_id;
alter table work_orders alter column project_id set not null;

alter table runs add column project_id uuid, add column workflow_id uuid;
update runs set project_id = work_orders.project_id, workflow_id = work_orders.workflow_id
  from work_orders where work_orders.id = work_order_id;
alter table runs alter column project_id set not null, alter column workflow_id set not null;

alter table steps add column project_id uuid;
update steps set project_id = runs.project_id
  from run_steps join runs on runs.id = run_steps.run_id where run_steps.step_id = steps.id;

create function find_project_of_work_order() returns trigger
language plpgsql as $$
begin
  select project_id into new.project_id from workflows where id = new.workflow_id;
  return new;
end
$$;
create trigger find_project before insert on work_orders
  for each row when (new.project_id is null) execute function find_project_of_work_order();

create function find_project_of_run() returns trigger
language plpgsql as $$
begin
  select project_id, workflow_id into new.project_id, new.workflow_id from work_orders where id = new.work_order_id;
  return new;
end
$$;
create trigger find_project before insert on runs
  for each row when (new.project_id is null or new.workflow_id is null) execute function find_project_of_run();

create function find_project_of_step() returns trigger
language plpgsql as $$
begin
  select project_id into new.project_id from workflows where id = coalesce(
    (select workflow_id from jobs where id = new.job_id),
    (select workflow_id from workflow_snapshots where id = new.snapshot_id)
  );
  return new;
end
$$;
create trigger find_project before insert on steps
  for each row when (new.project_id is null) execute function find_project_of_step();

-- A step whose job is gone and whose snapshot is unknown is of the project of its first run.
create index steps_without_project_index on steps (id) where project_id is null;
create function find_project_of_steps() returns trigger
language plpgsql as $$
begin
  if exists (select from steps where project_id is null) then
    update steps set project_id = runs.project_id
    from added join runs on runs.id = added.run_id
    where steps.id = added.step_id and steps.project_id is null;
  end if;
  return null;
end
$$;
create trigger find_project after insert on run_steps
  referencing new table as added for each statement execute function find_project_of_steps();

create index work_orders_project_id_inserted_at_id_index on work_orders (project_id, inserted_at, id);
create index work_orders_project_id_state_inserted_at_id_index on work_orders (project_id, state, inserted_at, id);
create index work_orders_project_id_last_activity_id_index on work_orders (project_id, last_activity, id);
create index work_orders_workflow_id_state_inserted_at_id_index on work_orders (workflow_id, state, inserted_at, id);
drop index work_orders_workflow_id_inserted_at_id_index;
drop index work_orders_workflow_id_last_activity_index;

create index runs_project_id_inserted_at_id_index on runs (project_id, inserted_at, id);
create index runs_project_id_state_inserted_at_id_index on runs (project_id, state, inserted_at, id);
create index runs_workflow_id_state_inserted_at_id_index on runs (workflow_id, state, inserted_at, id);
create index steps_project_id_inserted_at_id_index on steps (project_id, inserted_at, id);
create index steps_project_id_job_id_inserted_at_id_index on steps (project_id, job_id, inserted_at, id);
drop index steps_job_id_inserted_at_id_index;

alter table dataclips alter column name type text collate "C";
create index dataclips_project_id_type_inserted_at_id_index on dataclips (project_id, type, inserted_at, id);
create index dataclips_named_index on dataclips (project_id, inserted_at, id) where name is not null;
create index dataclips_name_index on dataclips (project_id, name, id) where name is not null;

create index jobs_workflow_id_name_id_index on jobs (workflow_id, name, id);

create index projects_support_access_index on projects (name, id)
  where allow_support_access and parent_id is null and scheduled_deletion is null;

create index audit_events_kind_inserted_at_id_index on audit_events (kind, inserted_at, id);
create index audit_events_project_id_kind_inserted_at_id_index on audit_events (project_id, kind, inserted_at, id);
`,
};
