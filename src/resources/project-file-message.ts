import { create } from '@bufbuild/protobuf';
import { enumNames } from '../call/enum-names.ts';
import { toTimestamp } from '../database/timestamp.ts';
import {
  type ProjectFile,
  ProjectFileSchema,
  ProjectFileStatus,
} from '../gen/lightning/projects/v1/project_file_pb.ts';

type FileStatusName = 'enqueued' | 'in_progress' | 'completed' | 'failed';

const fileStatuses = enumNames<FileStatusName, ProjectFileStatus>({
  enqueued: ProjectFileStatus.ENQUEUED,
  in_progress: ProjectFileStatus.IN_PROGRESS,
  completed: ProjectFileStatus.COMPLETED,
  failed: ProjectFileStatus.FAILED,
});

export interface ProjectFileRow {
  readonly id: string;
  readonly project_id: string;
  readonly created_by_id: string | null;
  readonly type: string;
  readonly path: string | null;
  readonly size: string | null;
  readonly status: FileStatusName;
  readonly inserted_at: string;
  readonly updated_at: string;
}

export function projectFileMessage(row: ProjectFileRow): ProjectFile {
  return create(ProjectFileSchema, {
    id: row.id,
    projectId: row.project_id,
    createdById: row.created_by_id ?? '',
    type: row.type,
    path: row.path ?? undefined,
    size: row.size === null ? undefined : BigInt(row.size),
    status: fileStatuses.value(row.status),
    insertedAt: toTimestamp(row.inserted_at),
    updatedAt: toTimestamp(row.updated_at),
  });
}
