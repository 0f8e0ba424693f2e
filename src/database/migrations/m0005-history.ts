import type { Migration } from './migration.ts';

/**
 * What ran. Unbounded tables: nothing here cascades, clean-up goes from the leaves in batches. Runs, steps and
 * work orders outlive the triggers and jobs that they name, so those columns carry no foreign key.
 */
export const m0005History: Migration = {
  name: '0005_history',
  sql: `
create table dataclips (
  id uuid primary key default uuid_v7(),
  project_id uuid not null references projects,
  name text,
  type text not null check (type in ('http_request', 'global', 'step_result', 'saved_input', 'kafka')),
  body jsonb,
  request jsonb,
  wiped_at timestamptz(6),
  inserted_at timestamptz(6) not null default now(),
  updated_at timestamptz(6) not null default now()
);
create index dataclips_project_id_inserted_at_id_index on dataclips (project_id, inserted_at, id);
create index dataclips_to_wipe_index on dataclips (project_id, inserted_at) where name is null and wiped_at is null;

create table work_orders (
  id uuid primary key default uuid_v7(),
  workflow_id uuid not null references workflows,
  snapshot_id uuid references workflow_snapshots,
  trigger_id uuid,
  dataclip_id uuid references dataclips,
  state text not null default 'pending' check (state in (
    'rejected', 'pending', 'running', 'success', 'failed', 'crashed', 'cancelled', 'killed', 'exception', 'lost'
  )),
  last_activity timestamptz(6) not null default now(),
  inserted_at timestamptz(6) not null default now(),
  updated_at timestamptz(6) not null default now()
);
create index work_orders_workflow_id_inserted_at_id_index on work_orders (workflow_id, inserted_at, id);
create index work_orders_workflow_id_last_activity_index on work_orders (workflow_id, last_activity);
create index work_orders_snapshot_id_index on work_orders (snapshot_id);
create index work_orders_dataclip_id_index on work_orders (dataclip_id);

create table runs (
  id uuid primary key default uuid_v7(),
  work_order_id uuid not null references work_orders,
  snapshot_id uuid references workflow_snapshots,
  starting_job_id uuid,
  starting_trigger_id uuid,
  dataclip_id uuid references dataclips,
  state text not null default 'available' check (state in (
    'available', 'claimed', 'started', 'success', 'failed', 'crashed', 'cancelled', 'killed', 'exception', 'lost'
  )),
  priority smallint not null default 1 check (priority in (0, 1)),
  started_at timestamptz(6),
  finished_at timestamptz(6),
  inserted_at timestamptz(6) not null default now(),
  updated_at timestamptz(6) not null default now()
);
create index runs_work_order_id_inserted_at_id_index on runs (work_order_id, inserted_at, id);
create index runs_snapshot_id_index on runs (snapshot_id);
create index runs_dataclip_id_index on runs (dataclip_id);

create table steps (
  id uuid primary key default uuid_v7(),
  job_id uuid not null,
  snapshot_id uuid references workflow_snapshots,
  input_dataclip_id uuid references dataclips,
  output_dataclip_id uuid references dataclips,
  exit_reason text,
  started_at timestamptz(6),
  finished_at timestamptz(6),
  inserted_at timestamptz(6) not null default now(),
  updated_at timestamptz(6) not null default now()
);
create index steps_job_id_inserted_at_id_index on steps (job_id, inserted_at, id);
create index steps_snapshot_id_index on steps (snapshot_id);
create index steps_input_dataclip_id_index on steps (input_dataclip_id);
create index steps_output_dataclip_id_index on steps (output_dataclip_id);

create table run_steps (
  id uuid primary key default uuid_v7(),
  run_id uuid not null references runs,
  step_id uuid not null references steps,
  inserted_at timestamptz(6) not null default now(),
  constraint run_steps_run_id_step_id_index unique (run_id, step_id)
);
create index run_steps_step_id_index on run_steps (step_id);

create table log_lines (
  id uuid primary key default uuid_v7(),
  run_id uuid not null references runs,
  step_id uuid references steps,
  timestamp timestamptz(6) not null,
  source text,
  level text,
  message text not null,
  inserted_at timestamptz(6) not null default now()
);
create index log_lines_run_id_timestamp_id_index on log_lines (run_id, timestamp, id);
create index log_lines_step_id_index on log_lines (step_id);
`,
};
