import type { Migration } from './migration.ts';

/**
 * Takes from the owner of the audit trail, who migrates and is usually the service itself, what would change it. A
 * superuser needs no privilege: the trigger refuses them, too.
 */
export const m0019AuditPrivileges: Migration = {
  name: '0019_audit_privileges',
  sql: 'revoke update, delete, truncate on audit_events from current_user, public',
};
