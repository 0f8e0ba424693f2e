import type { Migration } from './migration.ts';

/**
 * Where both sides of a copied workflow stood when they were last the same: after provisioning, and after each merge.
 * The hash alone does not tell: it leaves out what it does not cover, and a merge gives both sides hashes of their own,
 * since their rows have ids of their own.
 *
 * Of copies made before, the hash is what both began with; nobody knows their lock_version, so that the hash decides.
 */
export const m0017LineageMarks: Migration = {
  name: '0017_lineage_marks',
  sql: `
alter table sandbox_lineage
  add column source_lock_version integer,
  add column copy_hash text,
  add column copy_lock_version integer,
  add constraint sandbox_lineage_copy_hash_check check (copy_hash ~ '^[0-9a-f]{12}$');
update sandbox_lineage set copy_hash = source_hash where kind = 'workflow';
`,
};
