import type { Migration } from './migration.ts';

/**
 * Where two workflows stood when a merge settled them. The lineage keeps that of a copy and what it was copied from; this
 * is for all others, copies of copies, two copies of one, two that share no more than a name, and for what a merge left
 * different on purpose.
 */
export const m0022MergeBases: Migration = {
  name: '0022_merge_bases',
  sql: `
create table merge_bases (
  one_id uuid not null references workflows (id) on delete cascade,
  other_id uuid not null references workflows (id) on delete cascade,
  one_hash text,
  one_lock_version integer not null,
  other_hash text,
  other_lock_version integer not null,
  updated_at timestamptz not null,
  primary key (one_id, other_id),
  constraint merge_bases_order_check check (one_id < other_id)
);
create index merge_bases_other_id_index on merge_bases (other_id);
`,
};
