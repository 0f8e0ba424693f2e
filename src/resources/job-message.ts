import { create } from '@bufbuild/protobuf';
import { toTimestamp } from '../database/timestamp.ts';
import { type Job, JobSchema } from '../gen/lightning/projects/v1/workflow_pb.ts';

export interface JobRow {
  readonly id: string;
  readonly workflow_id: string;
  readonly name: string;
  readonly adaptor: string;
  /** Null unless it was asked for. */
  readonly body: string | null;
  readonly project_credential_id: string | null;
  readonly keychain_credential_id: string | null;
  readonly inserted_at: string;
  readonly updated_at: string;
}

export function jobMessage(row: JobRow): Job {
  return create(JobSchema, {
    id: row.id,
    workflowId: row.workflow_id,
    name: row.name,
    adaptor: row.adaptor,
    body: row.body ?? undefined,
    projectCredentialId: row.project_credential_id ?? undefined,
    keychainCredentialId: row.keychain_credential_id ?? undefined,
    insertedAt: toTimestamp(row.inserted_at),
    updatedAt: toTimestamp(row.updated_at),
  });
}
