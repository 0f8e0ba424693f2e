import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { enumNames } from '../call/enum-names.ts';
import { etagOf } from '../call/etag.ts';
import type { ProjectRow, RetentionPolicyName } from '../database/project-row.ts';
import type { Queries } from '../database/queries.ts';
import { toTimestamp } from '../database/timestamp.ts';
import { type Project, ProjectSchema, RetentionPolicy } from '../gen/lightning/projects/v1/project_pb.ts';
import { headHashes } from '../heads/head-query.ts';

/** Lightning's names of the retention policies; UNSPECIFIED has none. */
export const retentionPolicies = enumNames<RetentionPolicyName, RetentionPolicy>({
  retain_all: RetentionPolicy.RETAIN_ALL,
  retain_with_errors: RetentionPolicy.RETAIN_WITH_ERRORS,
  erase_all: RetentionPolicy.ERASE_ALL,
});

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

/** What anybody may know of a project above one that they may read: where it stands and what it is called. */
export function outline({ id, name, parentId }: Project): Project {
  return create(ProjectSchema, { id, name, ...(parentId === undefined ? {} : { parentId }) });
}

/** A field of the message, left out where the column is null. */
function set<Key extends keyof MessageInitShape<typeof ProjectSchema>, Value>(
  key: Key,
  value: Value | null,
): { [K in Key]?: Value } {
  return value === null ? {} : ({ [key]: value } as { [K in Key]?: Value });
}
