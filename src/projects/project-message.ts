import { create } from '@bufbuild/protobuf';
import { enumNames } from '../call/enum-names.ts';
import { etagOf } from '../call/etag.ts';
import type { ProjectRow, RetentionPolicyName } from '../database/project-row.ts';
import type { Queries } from '../database/queries.ts';
import { toTimestamp } from '../database/timestamp.ts';
import { type Project, ProjectSchema, RetentionPolicy } from '../gen/lightning/projects/v1/project_pb.ts';
import { headsOf } from '../heads/head-query.ts';

/** Lightning's names of the retention policies; UNSPECIFIED has none. */
export const retentionPolicies = enumNames<RetentionPolicyName, RetentionPolicy>({
  retain_all: RetentionPolicy.RETAIN_ALL,
  retain_with_errors: RetentionPolicy.RETAIN_WITH_ERRORS,
  erase_all: RetentionPolicy.ERASE_ALL,
});

/** The message of a project's row, given its head. */
export function projectMessage(row: ProjectRow, headHash: string): Project {
  const project = create(ProjectSchema, {
    id: row.id,
    name: row.name,
    allowSupportAccess: row.allow_support_access,
    requiresMfa: row.requires_mfa,
    retentionPolicy: retentionPolicies.value(row.retention_policy),
    insertedAt: toTimestamp(row.inserted_at),
    updatedAt: toTimestamp(row.updated_at),
    etag: etagOf(row.id, row.lock_version),
    headHash,
  });
  if (row.description !== null) project.description = row.description;
  if (row.color !== null) project.color = row.color;
  if (row.env !== null) project.env = row.env;
  if (row.parent_id !== null) project.parentId = row.parent_id;
  if (row.concurrency !== null) project.concurrency = row.concurrency;
  if (row.history_retention_period !== null) project.historyRetentionPeriod = row.history_retention_period;
  if (row.dataclip_retention_period !== null) project.dataclipRetentionPeriod = row.dataclip_retention_period;
  if (row.scheduled_deletion !== null) project.scheduledDeletion = toTimestamp(row.scheduled_deletion);
  return project;
}

/** The messages of several rows. */
export async function projectMessages(db: Queries, rows: readonly ProjectRow[]): Promise<Project[]> {
  const heads = await headsOf(db, rows);
  return rows.map((row) => projectMessage(row, heads.get(row.id) ?? ''));
}
