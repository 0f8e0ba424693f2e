import type { Migration } from './migration.ts';

/**
 * The dataclips that retention may delete, the oldest first: named ones are kept for ever, and however many there are,
 * no clean-up comes across them.
 */
export const m0015Retention: Migration = {
  name: '0015_retention',
  sql: `
create index dataclips_unnamed_index on dataclips (project_id, inserted_at, id) where name is null;
`,
};
