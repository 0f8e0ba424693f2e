import type { Migration } from './migration.ts';

/** People of whom only an address is known yet: see `directory/adopt-placeholders.ts`. */
export const m0009PlaceholderUsers: Migration = {
  name: '0009_placeholder_users',
  sql: 'alter table users add column placeholder boolean not null default false',
};
