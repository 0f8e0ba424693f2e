import type { MessageInitShape } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import { ExportFormat } from '../gen/lightning/projects/v1/document_pb.ts';
import type {
  ExportProjectRequest,
  ExportProjectResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import type { StoredWorkflow } from '../workflows/stored-workflows.ts';
import { requireDistinctEnds, requireDistinctEndsOfSnapshots } from './distinct-ends.ts';
import { requireDistinctKeysOfProject, requireDistinctKeysOfSnapshots } from './distinct-keys.ts';
import type { DocumentWorkflow } from './document.ts';
import { documentWorkflow } from './exported-document.ts';
import { exportedHeader } from './exported-header.ts';
import { exportedSnapshots, requireSnapshots } from './exported-snapshots.ts';
import { exportedWorkflows } from './exported-workflows.ts';
import { inChunks } from './in-chunks.ts';
import { writeDocument } from './write-document.ts';
import { writeV2Document } from './write-v2-document.ts';

/**
 * Writes a project as YAML (export_project/3), from one state of the database. What would make it fail is looked for
 * before the first byte; the database is at most two reads ahead of the client.
 */
export async function* exportProject(
  { projectId, snapshotIds, format }: ExportProjectRequest,
  call: Call,
): AsyncGenerator<MessageInitShape<typeof ExportProjectResponseSchema>> {
  await using snapshot = await call.openSnapshot();
  const { read } = snapshot;
  // How long the client may take is watched where its messages are handed over.
  await sql`set local idle_in_transaction_session_timeout = 0`.execute(read);
  const isV2 = format === ExportFormat.V2;
  if (snapshotIds.length > 0) {
    await requireSnapshots(read, projectId, snapshotIds);
    await requireDistinctKeysOfSnapshots(read, snapshotIds);
    if (isV2) await requireDistinctEndsOfSnapshots(read, snapshotIds);
  } else {
    await requireDistinctKeysOfProject(read, projectId);
    if (isV2) await requireDistinctEnds(read, projectId);
  }
  const { header, credentialKeys } = await exportedHeader(read, projectId);
  const workflows =
    snapshotIds.length > 0 ? exportedSnapshots(read, snapshotIds) : exportedWorkflows(read, projectId);
  const write = isV2 ? writeV2Document : writeDocument;
  const document = write(header, documentWorkflows(workflows, credentialKeys));
  for await (const chunk of inChunks(document)) yield { chunk };
}

async function* documentWorkflows(
  workflows: AsyncIterable<StoredWorkflow>,
  credentialKeys: ReadonlyMap<string, string>,
): AsyncGenerator<DocumentWorkflow> {
  for await (const workflow of workflows) yield documentWorkflow(workflow, credentialKeys);
}
