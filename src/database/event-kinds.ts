/** What can happen, as `events.kind` and `audit_events.kind` hold it. */
export const eventKinds = [
  'project_created',
  'project_updated',
  'project_deletion_started',
  'project_deleted',
  'project_deletion_scheduled',
  'project_deletion_cancelled',
  'members_changed',
  'sandbox_provisioned',
  'head_appended',
  'workflow_version_recorded',
  'history_recorded',
  'history_deleted',
  'project_imported',
  'sandbox_merged',
  'users_changed',
  'credentials_changed',
  'operation_started',
  'operation_cancelled',
] as const;

export type EventKind = (typeof eventKinds)[number];
