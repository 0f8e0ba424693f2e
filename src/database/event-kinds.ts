/** What can happen, as `events.kind` and `audit_events.kind` hold it. */
export const eventKinds = [
  'project_created',
  'project_updated',
  'project_deleted',
  'project_deletion_scheduled',
  'project_deletion_cancelled',
  'members_changed',
  'sandbox_provisioned',
  'head_appended',
  'workflow_version_recorded',
  'history_recorded',
  'project_imported',
  'sandbox_merged',
  'users_changed',
  'credentials_changed',
] as const;

export type EventKind = (typeof eventKinds)[number];
