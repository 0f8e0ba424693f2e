export type RetentionPolicyName = 'retain_all' | 'retain_with_errors' | 'erase_all';

/** The columns of a project that its message is made of. */
export const projectColumns = [
  'id',
  'name',
  'description',
  'color',
  'env',
  'parent_id',
  'allow_support_access',
  'requires_mfa',
  'concurrency',
  'retention_policy',
  'history_retention_period',
  'dataclip_retention_period',
  'scheduled_deletion',
  'lock_version',
  'head_hash',
  'inserted_at',
  'updated_at',
] as const;

/** {@link projectColumns} for statements that join other tables. */
export const qualifiedProjectColumns = projectColumns.map((column) => `projects.${column}` as const);

/** A project's row with {@link projectColumns}, as `pg` gives it: moments are text. */
export interface ProjectRow {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly color: string | null;
  readonly env: string | null;
  readonly parent_id: string | null;
  readonly allow_support_access: boolean;
  readonly requires_mfa: boolean;
  readonly concurrency: number | null;
  readonly retention_policy: RetentionPolicyName;
  readonly history_retention_period: number | null;
  readonly dataclip_retention_period: number | null;
  readonly scheduled_deletion: string | null;
  readonly lock_version: number;
  /** The cached head; null when the database does not know it at the moment. */
  readonly head_hash: string | null;
  readonly inserted_at: string;
  readonly updated_at: string;
}
