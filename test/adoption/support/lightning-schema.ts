/**
 * Lightning's tables as far as they are adopted, with some columns that are not: secrets above all. As in Lightning,
 * times have no zone and mean UTC, roles of people are an enum, and nothing is unique that need not be.
 */
export const lightningSchema = `
create type user_role as enum ('user', 'superuser');
create table users (
  id uuid primary key,
  email varchar not null,
  first_name varchar, last_name varchar,
  hashed_password varchar not null default 'hashed-password-of-a-user',
  role user_role not null default 'user',
  disabled boolean default false,
  support_user boolean default false,
  inserted_at timestamp(0) not null, updated_at timestamp(0) not null
);
create table credentials (
  id uuid primary key,
  name varchar not null,
  user_id uuid references users,
  schema varchar,
  body bytea not null default 'secret-body-of-a-credential',
  oauth_client_id uuid,
  inserted_at timestamp(0) not null, updated_at timestamp(0) not null
);
create table projects (
  id uuid primary key,
  name varchar not null,
  description varchar,
  color varchar, env varchar,
  parent_id uuid,
  allow_support_access boolean not null default false,
  requires_mfa boolean not null default false,
  concurrency integer,
  retention_policy varchar not null default 'retain_all',
  history_retention_period integer, dataclip_retention_period integer,
  scheduled_deletion timestamp(0),
  version_history varchar[] not null default '{}',
  inserted_at timestamp(0) not null, updated_at timestamp(0) not null
);
create table project_users (
  id uuid primary key,
  project_id uuid references projects, user_id uuid references users,
  role varchar, digest varchar, failure_alert boolean default true,
  inserted_at timestamp(0) not null, updated_at timestamp(0) not null
);
create table project_credentials (
  id uuid primary key,
  project_id uuid references projects, credential_id uuid references credentials,
  inserted_at timestamp(0) not null, updated_at timestamp(0) not null
);
create table keychain_credentials (
  id uuid primary key,
  name varchar not null, path varchar not null,
  created_by_id uuid references users, default_credential_id uuid references credentials,
  project_id uuid not null references projects,
  inserted_at timestamp(0) not null, updated_at timestamp(0) not null
);
create table collections (
  id uuid primary key, name varchar not null, project_id uuid references projects,
  inserted_at timestamp(0) not null, updated_at timestamp(0) not null
);
create table webhook_auth_methods (
  id uuid primary key,
  name varchar, auth_type varchar not null,
  username bytea default 'secret-username', password bytea default 'secret-password',
  api_key bytea default 'secret-api-key',
  project_id uuid references projects,
  inserted_at timestamp(0) not null, updated_at timestamp(0) not null
);
create table workflows (
  id uuid primary key,
  name varchar not null,
  project_id uuid references projects,
  positions jsonb, concurrency integer, enable_job_logs boolean default true,
  lock_version integer default 0, deleted_at timestamp(0),
  inserted_at timestamp(0) not null, updated_at timestamp(0) not null
);
create table jobs (
  id uuid primary key,
  workflow_id uuid references workflows,
  name varchar, body text, adaptor varchar,
  project_credential_id uuid references project_credentials,
  keychain_credential_id uuid references keychain_credentials,
  inserted_at timestamp(6) not null, updated_at timestamp(6) not null
);
create table triggers (
  id uuid primary key,
  workflow_id uuid references workflows,
  type varchar not null, enabled boolean default false,
  comment varchar, custom_path varchar, cron_expression varchar,
  cron_cursor_job_id uuid references jobs,
  webhook_reply varchar, webhook_response_config jsonb, kafka_configuration jsonb,
  inserted_at timestamp(0) not null, updated_at timestamp(0) not null
);
create table trigger_webhook_auth_methods (
  trigger_id uuid references triggers, webhook_auth_method_id uuid references webhook_auth_methods
);
create table workflow_edges (
  id uuid primary key,
  workflow_id uuid references workflows,
  source_job_id uuid references jobs, source_trigger_id uuid references triggers,
  target_job_id uuid references jobs,
  condition_type varchar, condition_expression varchar, condition_label varchar, enabled boolean default true,
  inserted_at timestamp(0) not null, updated_at timestamp(0) not null
);
create table workflow_versions (
  id uuid primary key,
  hash varchar not null, source varchar not null, workflow_id uuid not null references workflows,
  inserted_at timestamp(6) not null
);
create table workflow_snapshots (
  id uuid primary key,
  workflow_id uuid references workflows,
  name varchar, lock_version integer, positions jsonb,
  jobs jsonb[], triggers jsonb[], edges jsonb[],
  inserted_at timestamp(6) not null
);
create table dataclips (
  id uuid primary key,
  project_id uuid references projects,
  name varchar, type varchar not null, body jsonb, request jsonb, wiped_at timestamp(0),
  inserted_at timestamp(6) not null, updated_at timestamp(6) not null
);
create table work_orders (
  id uuid primary key,
  workflow_id uuid references workflows, snapshot_id uuid references workflow_snapshots,
  trigger_id uuid, dataclip_id uuid references dataclips,
  state varchar not null default 'pending', last_activity timestamp(6),
  inserted_at timestamp(6) not null, updated_at timestamp(6) not null
);
create table runs (
  id uuid primary key,
  work_order_id uuid not null references work_orders, snapshot_id uuid references workflow_snapshots,
  starting_job_id uuid, starting_trigger_id uuid, dataclip_id uuid references dataclips,
  state varchar not null default 'available', priority integer default 1,
  claimed_at timestamp(6), started_at timestamp(6), finished_at timestamp(6),
  inserted_at timestamp(6) not null
);
create table steps (
  id uuid primary key,
  job_id uuid not null, snapshot_id uuid references workflow_snapshots,
  input_dataclip_id uuid references dataclips, output_dataclip_id uuid references dataclips,
  exit_reason varchar, started_at timestamp(6), finished_at timestamp(6),
  inserted_at timestamp(6) not null, updated_at timestamp(6) not null
);
create table run_steps (
  id uuid primary key, run_id uuid references runs, step_id uuid references steps,
  inserted_at timestamp(6) not null
);
create table log_lines (
  id uuid not null,
  run_id uuid references runs, step_id uuid references steps,
  "timestamp" timestamp(6) not null, source varchar, level varchar, message text,
  primary key (id, run_id)
) partition by hash (run_id);
create table log_lines_1 partition of log_lines for values with (modulus 2, remainder 0);
create table log_lines_2 partition of log_lines for values with (modulus 2, remainder 1);
`;
