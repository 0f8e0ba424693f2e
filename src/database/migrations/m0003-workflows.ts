import type { Migration } from './migration.ts';

/**
 * Workflows, their graph, versions and snapshots. A workflow's jobs, triggers and edges go with it; its versions
 * and snapshots can be many and are emptied first. Foreign keys within a graph hold the workflow's id as well,
 * so that no edge or cron cursor crosses from one workflow to another.
 */
export const m0003Workflows: Migration = {
  name: '0003_workflows',
  sql: `
create table workflows (
  id uuid primary key default uuid_v7(),
  project_id uuid not null references projects,
  name text collate "C" not null,
  positions jsonb,
  concurrency integer check (concurrency >= 1),
  enable_job_logs boolean not null default true,
  lock_version integer not null default 1,
  deleted_at timestamptz(6),
  inserted_at timestamptz(6) not null default now(),
  updated_at timestamptz(6) not null default now()
);
create unique index workflows_project_id_name_index on workflows (project_id, name) where deleted_at is null;
create index workflows_project_id_name_id_index on workflows (project_id, name, id);
create index workflows_project_id_id_index on workflows (project_id, id);
create index workflows_project_id_updated_at_index on workflows (project_id, updated_at)
  where deleted_at is null;

create table jobs (
  id uuid primary key default uuid_v7(),
  workflow_id uuid not null references workflows on delete cascade,
  name text collate "C" not null,
  body text not null,
  adaptor text not null,
  project_credential_id uuid references project_credentials on delete set null,
  keychain_credential_id uuid references keychain_credentials on delete set null,
  inserted_at timestamptz(6) not null default now(),
  updated_at timestamptz(6) not null default now(),
  constraint jobs_one_credential_check check (project_credential_id is null or keychain_credential_id is null),
  constraint jobs_workflow_id_id_index unique (workflow_id, id)
);
create index jobs_project_credential_id_index on jobs (project_credential_id);
create index jobs_keychain_credential_id_index on jobs (keychain_credential_id);

create table triggers (
  id uuid primary key default uuid_v7(),
  workflow_id uuid not null references workflows on delete cascade,
  type text not null default 'webhook' check (type in ('webhook', 'cron', 'kafka')),
  enabled boolean not null default true,
  enabled_before_deletion boolean not null default false,
  comment text,
  custom_path text,
  cron_expression text,
  cron_cursor_job_id uuid,
  webhook_reply text,
  webhook_response_config jsonb,
  kafka_configuration jsonb,
  inserted_at timestamptz(6) not null default now(),
  updated_at timestamptz(6) not null default now(),
  constraint triggers_cron_cursor_job_fkey foreign key (workflow_id, cron_cursor_job_id)
    references jobs (workflow_id, id) on delete set null (cron_cursor_job_id),
  constraint triggers_workflow_id_id_index unique (workflow_id, id)
);
create unique index triggers_custom_path_index on triggers (custom_path) where custom_path is not null;
create index triggers_workflow_id_cron_cursor_job_id_index on triggers (workflow_id, cron_cursor_job_id);

create table webhook_auth_methods (
  id uuid primary key default uuid_v7(),
  project_id uuid not null references projects,
  name text collate "C" not null,
  type text not null check (type in ('basic', 'api')),
  inserted_at timestamptz(6) not null default now(),
  updated_at timestamptz(6) not null default now(),
  constraint webhook_auth_methods_project_id_name_index unique (project_id, name)
);

create table trigger_webhook_auth_methods (
  trigger_id uuid not null references triggers on delete cascade,
  webhook_auth_method_id uuid not null references webhook_auth_methods,
  inserted_at timestamptz(6) not null default now(),
  primary key (trigger_id, webhook_auth_method_id)
);
create index trigger_webhook_auth_methods_webhook_auth_method_id_index
  on trigger_webhook_auth_methods (webhook_auth_method_id);

create table workflow_edges (
  id uuid primary key default uuid_v7(),
  workflow_id uuid not null references workflows on delete cascade,
  source_job_id uuid,
  source_trigger_id uuid,
  target_job_id uuid not null,
  condition_type text not null default 'always'
    check (condition_type in ('always', 'on_job_success', 'on_job_failure', 'js_expression')),
  condition_expression text,
  condition_label text,
  enabled boolean not null default true,
  inserted_at timestamptz(6) not null default now(),
  updated_at timestamptz(6) not null default now(),
  constraint workflow_edges_source_check check ((source_job_id is null) <> (source_trigger_id is null)),
  constraint workflow_edges_source_job_fkey foreign key (workflow_id, source_job_id)
    references jobs (workflow_id, id) on delete cascade,
  constraint workflow_edges_source_trigger_fkey foreign key (workflow_id, source_trigger_id)
    references triggers (workflow_id, id) on delete cascade,
  constraint workflow_edges_target_job_fkey foreign key (workflow_id, target_job_id)
    references jobs (workflow_id, id) on delete cascade
);
create index workflow_edges_workflow_id_id_index on workflow_edges (workflow_id, id);
create index workflow_edges_workflow_id_source_job_id_index on workflow_edges (workflow_id, source_job_id);
create index workflow_edges_workflow_id_source_trigger_id_index
  on workflow_edges (workflow_id, source_trigger_id);
create index workflow_edges_workflow_id_target_job_id_index on workflow_edges (workflow_id, target_job_id);

-- clock_timestamp(): the latest version is the one written last, even by a transaction that began earlier.
create table workflow_versions (
  id uuid primary key default uuid_v7(),
  workflow_id uuid not null references workflows,
  hash text not null check (hash ~ '^[0-9a-f]{12}$'),
  source text not null check (source in ('app', 'cli')),
  inserted_at timestamptz(6) not null default clock_timestamp()
);
create index workflow_versions_latest_index on workflow_versions (workflow_id, inserted_at desc, id desc)
  include (hash, source);

create table workflow_snapshots (
  id uuid primary key default uuid_v7(),
  workflow_id uuid not null references workflows,
  lock_version integer not null,
  name text not null,
  positions jsonb,
  jobs jsonb not null default '[]',
  triggers jsonb not null default '[]',
  edges jsonb not null default '[]',
  inserted_at timestamptz(6) not null default now(),
  constraint workflow_snapshots_workflow_id_lock_version_index unique (workflow_id, lock_version)
);
`,
};
