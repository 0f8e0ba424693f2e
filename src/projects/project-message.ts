import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { enumNames } from '../call/enum-names.ts';
import { etagOf } from '../call/etag.ts';
import type { Queries } from '../database/queries.ts';
import { toTimestamp } from '../database/timestamp.ts';
import { type Project, ProjectSchema, RetentionPolicy } from '../gen/lightning/projects/v1/project_pb.ts';
import { headHashes } from '../heads/head-query.ts';

export type RetentionPolicyName = 'retain_all' | 'retain_with_errors' | 'erase_all';

/** Lightning's names of the retention policies; UNSPECIFIED has none. */
export const retentionPolicies = enumNames<RetentionPolicyName, RetentionPolicy>({
  retain_all: RetentionPolicy.RETAIN_ALL,
  retain_with_errors: RetentionPolicy.RETAIN_WITH_ERRORS,
  erase_all: RetentionPolicy.ERASE_ALL,
});

/** The columns that a project's message is made of. */
export const projectColumns = [
  'projects.id',
  'projects.name',
  'projects.description',
  'projects.color',
  'projects.env',
  'projects.parent_id',
  'projects.allow_support_access',
  'projects.requires_mfa',
  'projects.concurrency',
  'projects.retention_policy',
  'projects.history_retention_period',
  'projects.dataclip_retention_period',
  'projects.scheduled_deletion',
  'projects.lock_version',
  'projects.head_hash',
  'projects.inserted_at',
  'projects.updated_at',
] as const;

/** A project's row with {@link projectColumns}. */
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
  readonly head_hash: string | null;
  readonly inserted_at: string;
  readonly updated_at: string;
}

/** The message of a project's row, given its head. */
export function projectMessage(row: ProjectRow, headHash: string): Project {
  return create(ProjectSchema, {
    id: row.id,
    name: row.name,
    ...set('description', row.description),
    ...set('color', row.color),
    ...set('env', row.env),
    ...set('parentId', row.parent_id),
    allowSupportAccess: row.allow_support_access,
    requiresMfa: row.requires_mfa,
    ...set('concurrency', row.concurrency),
    retentionPolicy: retentionPolicies.value(row.retention_policy),
    ...set('historyRetentionPeriod', row.history_retention_period),
    ...set('dataclipRetentionPeriod', row.dataclip_retention_period),
    ...(row.scheduled_deletion === null ? {} : { scheduledDeletion: toTimestamp(row.scheduled_deletion) }),
    insertedAt: toTimestamp(row.inserted_at),
    updatedAt: toTimestamp(row.updated_at),
    etag: etagOf(row.id, row.lock_version),
    headHash,
  });
}

/** The messages of several rows; heads that the database does not know at the moment are computed together. */
export async function projectMessages(db: Queries, rows: readonly ProjectRow[]): Promise<Project[]> {
  const unknown = rows.filter((row) => row.head_hash === null).map((row) => row.id);
  const computed = unknown.length > 0 ? await headHashes(db, unknown) : new Map<string, string>();
  return rows.map((row) => projectMessage(row, row.head_hash ?? computed.get(row.id) ?? ''));
}

/** A field of the message, left out where the column is null. */
function set<Key extends keyof MessageInitShape<typeof ProjectSchema>, Value>(
  key: Key,
  value: Value | null,
): { [K in Key]?: Value } {
  return value === null ? {} : ({ [key]: value } as { [K in Key]?: Value });
}
