import type { Migration } from './migration.ts';

/**
 * People, projects and what hangs directly off a project. Text that lists sort by is collated "C": bytewise,
 * hence the same order on every server. Deleting a project empties these tables in batches, so no foreign key
 * to it cascades.
 */
export const m0002Projects: Migration = {
  name: '0002_projects',
  sql: `
create table users (
  id uuid primary key default uuid_v7(),
  email text collate "C" not null,
  first_name text collate "C" not null default '',
  last_name text collate "C" not null default '',
  role text not null default 'user' check (role in ('user', 'superuser')),
  support_user boolean not null default false,
  disabled boolean not null default false,
  inserted_at timestamptz(6) not null default now(),
  updated_at timestamptz(6) not null default now()
);
create unique index users_email_index on users (lower(email));

create table projects (
  id uuid primary key default uuid_v7(),
  name text collate "C" not null
    constraint projects_name_check check (name ~ '^[a-z0-9-]{1,255}$'),
  description text
    constraint projects_description_check check (char_length(description) <= 240),
  color text
    constraint projects_color_check check (color ~ '^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})$'),
  env text
    constraint projects_env_check check (env ~ '^[a-z0-9][a-z0-9_-]{0,31}$'),
  parent_id uuid references projects,
  allow_support_access boolean not null default false,
  requires_mfa boolean not null default false,
  concurrency integer
    constraint projects_concurrency_check check (concurrency >= 1),
  retention_policy text not null default 'retain_all'
    check (retention_policy in ('retain_all', 'retain_with_errors', 'erase_all')),
  history_retention_period integer
    check (history_retention_period in (7, 14, 30, 90, 180, 365)),
  dataclip_retention_period integer
    check (dataclip_retention_period in (7, 14, 30, 90, 180, 365)),
  scheduled_deletion timestamptz(6),
  scheduled_deletion_root_id uuid references projects,
  deletion_started_at timestamptz(6),
  lock_version integer not null default 1,
  head_hash text check (head_hash ~ '^[0-9a-f]{12}$'),
  inserted_at timestamptz(6) not null default now(),
  updated_at timestamptz(6) not null default now(),
  constraint projects_parent_check check (parent_id <> id),
  constraint projects_periods_check check (
    dataclip_retention_period is null
    or history_retention_period is not null
      and dataclip_retention_period <= history_retention_period
      and retention_policy <> 'erase_all'
  ),
  constraint projects_scheduled_deletion_check check (
    scheduled_deletion_root_id is null or scheduled_deletion is not null
  )
);
create unique index projects_unique_child_name on projects (parent_id, name) where parent_id is not null;
create index projects_name_id_index on projects (name, id);
create index projects_inserted_at_id_index on projects (inserted_at, id);
create index projects_updated_at_id_index on projects (updated_at, id);
create index projects_parent_id_name_id_index on projects (parent_id, name, id);
create index projects_scheduled_deletion_index on projects (scheduled_deletion, id)
  where scheduled_deletion is not null;
create index projects_scheduled_deletion_root_id_index on projects (scheduled_deletion_root_id);
create index projects_history_retention_index on projects (id) where history_retention_period is not null;

create table project_heads (
  project_id uuid not null references projects,
  position integer not null,
  hash text not null check (hash ~ '^[0-9a-f]{12}$'),
  inserted_at timestamptz(6) not null default now(),
  primary key (project_id, position),
  constraint project_heads_project_id_hash_index unique (project_id, hash)
);

create table project_users (
  id uuid primary key default uuid_v7(),
  project_id uuid not null references projects,
  user_id uuid not null references users,
  role text not null default 'editor' check (role in ('viewer', 'editor', 'admin', 'owner')),
  digest text not null default 'never' check (digest in ('never', 'daily', 'weekly', 'monthly')),
  failure_alert boolean not null default false,
  inserted_at timestamptz(6) not null default now(),
  updated_at timestamptz(6) not null default now(),
  constraint project_users_project_id_user_id_index unique (project_id, user_id)
);
create unique index project_owner_unique_index on project_users (project_id) where role = 'owner';
create index project_users_user_id_project_id_index on project_users (user_id, project_id);

create table credentials (
  id uuid primary key default uuid_v7(),
  user_id uuid not null references users,
  name text collate "C" not null,
  schema text not null,
  oauth_client_id uuid,
  inserted_at timestamptz(6) not null default now(),
  updated_at timestamptz(6) not null default now()
);
create index credentials_user_id_name_id_index on credentials (user_id, name, id);

create table project_credentials (
  id uuid primary key default uuid_v7(),
  project_id uuid not null references projects,
  credential_id uuid not null references credentials,
  inserted_at timestamptz(6) not null default now(),
  updated_at timestamptz(6) not null default now(),
  constraint project_credentials_project_id_credential_id_index unique (project_id, credential_id)
);
create index project_credentials_project_id_id_index on project_credentials (project_id, id);
create index project_credentials_credential_id_index on project_credentials (credential_id);

create table keychain_credentials (
  id uuid primary key default uuid_v7(),
  project_id uuid not null references projects,
  name text collate "C" not null,
  path text not null,
  default_credential_id uuid references credentials on delete set null,
  created_by_id uuid references users,
  inserted_at timestamptz(6) not null default now(),
  updated_at timestamptz(6) not null default now(),
  constraint keychain_credentials_project_id_name_index unique (project_id, name)
);
create index keychain_credentials_default_credential_id_index on keychain_credentials (default_credential_id);
create index keychain_credentials_created_by_id_index on keychain_credentials (created_by_id);

create table collections (
  id uuid primary key default uuid_v7(),
  project_id uuid not null references projects,
  name text collate "C" not null,
  inserted_at timestamptz(6) not null default now(),
  updated_at timestamptz(6) not null default now(),
  constraint collections_project_id_name_index unique (project_id, name)
);

create table project_files (
  id uuid primary key default uuid_v7(),
  project_id uuid not null references projects,
  created_by_id uuid references users,
  type text not null,
  path text,
  size bigint,
  status text not null default 'enqueued' check (status in ('enqueued', 'in_progress', 'completed', 'failed')),
  inserted_at timestamptz(6) not null default now(),
  updated_at timestamptz(6) not null default now()
);
create index project_files_project_id_inserted_at_id_index on project_files (project_id, inserted_at, id);
create index project_files_created_by_id_index on project_files (created_by_id);
`,
};
