import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Call } from '../call/call.ts';
import { Failure } from '../call/failure.ts';
import type { Queries } from '../database/queries.ts';
import { ExportFormat } from '../gen/lightning/projects/v1/document_pb.ts';
import type { ExportProjectRequest, ExportProjectResponseSchema } from '../gen/lightning/projects/v1/projects_service_pb.ts';
import type { DocumentWorkflow } from './document.ts';
import { documentWorkflow } from './exported-document.ts';
import { exportedHeader, requireDistinctWorkflowKeys } from './exported-header.ts';
import { exportedWorkflows } from './exported-rows.ts';
import { writeDocument } from './write-document.ts';

/** Bytes of one message. */
const CHUNK_BYTES = 64 * 1024;

/**
 * Writes a project as YAML (export_project/3), from one state of the database. Nothing is read ahead of the client:
 * the cursor moves when the last message was taken, and memory holds a few hundred kilobytes of rows, or the largest
 * workflow.
 */
export async function* exportProject(
  request: ExportProjectRequest,
  call: Call,
): AsyncGenerator<MessageInitShape<typeof ExportProjectResponseSchema>> {
  if (request.format === ExportFormat.V2) {
    throw new Failure('unimplemented', 'FORMAT_UNSUPPORTED', 'the format V2 cannot be written yet: leave format out');
  }
  await using snapshot = await call.openSnapshot();
  const { read } = snapshot;
  if (request.snapshotIds.length > 0) await requireSnapshots(read, request.projectId, request.snapshotIds);
  else await requireDistinctWorkflowKeys(read, request.projectId);
  const { header, credentialKeys } = await exportedHeader(read, request.projectId);

  async function* workflows(): AsyncGenerator<DocumentWorkflow> {
    for await (const rows of exportedWorkflows(read, request.projectId, request.snapshotIds)) {
      yield documentWorkflow(rows, credentialKeys);
    }
  }
  for await (const chunk of inChunks(writeDocument(header, workflows()))) yield { chunk };
}

/** Joins texts to chunks of {@link CHUNK_BYTES}; the first text goes out by itself, for a quick first byte. */
async function* inChunks(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  let waiting: Buffer[] = [];
  let size = 0;
  let isFirst = true;
  for await (const text of texts) {
    waiting.push(Buffer.from(text));
    size += waiting.at(-1)?.length ?? 0;
    if (!isFirst && size < CHUNK_BYTES) continue;
    isFirst = false;
    const bytes = Buffer.concat(waiting);
    let start = 0;
    for (; size - start >= CHUNK_BYTES; start += CHUNK_BYTES) yield bytes.subarray(start, start + CHUNK_BYTES);
    waiting = start < size ? [bytes.subarray(start)] : [];
    size -= start;
  }
  if (size > 0) yield Buffer.concat(waiting);
}

async function requireSnapshots(read: Queries, projectId: string, snapshotIds: readonly string[]): Promise<void> {
  const found = await read
    .selectFrom('workflow_snapshots')
    .innerJoin('workflows', 'workflows.id', 'workflow_snapshots.workflow_id')
    .select('workflow_snapshots.id')
    .where('workflow_snapshots.id', 'in', snapshotIds)
    .where('workflows.project_id', '=', projectId)
    .execute();
  const known = new Set(found.map(({ id }) => id));
  const missing = snapshotIds.filter((id) => !known.has(id.toLowerCase()));
  if (missing.length === 0) return;
  throw new Failure('not_found', 'SNAPSHOT_NOT_FOUND', `the project has no snapshot ${missing.join(', ')}`, {
    fields: [{ field: 'snapshot_ids', description: `not snapshots of this project: ${missing.join(', ')}` }],
  });
}
