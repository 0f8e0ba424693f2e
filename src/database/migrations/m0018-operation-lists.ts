import type { Migration } from './migration.ts';

/**
 * The operations of everybody are listed through their kinds. An index on the moment alone PostgreSQL might use for those
 * of a project, too, and read what was started for all others since.
 */
export const m0018OperationLists: Migration = {
  name: '0018_operation_lists',
  sql: `
drop index operations_inserted_at_id_index;
create index operations_kind_inserted_at_id_index on operations (kind, inserted_at, id);
`,
};
