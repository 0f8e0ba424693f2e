import type { Migration } from './migration.ts';

/**
 * A project that has members has exactly one owner, whatever runs beside each other and at any isolation level: the
 * unique key allows one, and every membership refers to the one that owns its project. That reference is checked when
 * the transaction commits, so that an owner may be replaced on the way. A project without any members may be.
 *
 * No trigger of our own that counts could hold this: two transactions that each see an owner in their own snapshot
 * would pass it. A foreign key locks the row that it relies on. It costs an insert what any other key costs, and
 * changes and deletes of rows that own nothing cost nothing.
 */
export const m0008OneOwner: Migration = {
  name: '0008_one_owner',
  sql: `
alter table project_users
  add column owned_project_id uuid
    generated always as (case when role = 'owner' then project_id end) stored;

drop index project_owner_unique_index;
alter table project_users
  add constraint project_owner_unique_index unique (owned_project_id),
  add constraint project_users_owner_fkey foreign key (project_id)
    references project_users (owned_project_id) deferrable initially deferred;
`,
};
