import type { Migration } from './migration.ts';

/**
 * Which steps of workflows nobody made: they lost a credential whose owner left. For a merge they are no change of what
 * lost it, nor of any copy that was made of it before or after.
 */
export const m0023WorkflowLosses: Migration = {
  name: '0023_workflow_losses',
  sql: `
create table workflow_losses (
  workflow_id uuid not null references workflows (id) on delete cascade,
  lock_version integer not null,
  hash text,
  previous_hash text,
  inserted_at timestamptz not null,
  primary key (workflow_id, lock_version)
);
`,
};
