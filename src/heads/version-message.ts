import type { MessageInitShape } from '@bufbuild/protobuf';
import { enumNames } from '../call/enum-names.ts';
import { toTimestamp } from '../database/timestamp.ts';
import { VersionSource, type WorkflowVersionSchema } from '../gen/lightning/projects/v1/workflow_pb.ts';
import type { VersionRow } from './record-versions.ts';
import type { VersionSourceName } from './version-rules.ts';

/** Lightning's names of the sources of versions; UNSPECIFIED has none. */
export const versionSources = enumNames<VersionSourceName, VersionSource>({
  app: VersionSource.APP,
  cli: VersionSource.CLI,
});

export function versionMessage(row: VersionRow): MessageInitShape<typeof WorkflowVersionSchema> {
  return {
    id: row.id,
    workflowId: row.workflow_id,
    hash: row.hash,
    source: versionSources.value(row.source),
    insertedAt: toTimestamp(row.inserted_at),
  };
}
