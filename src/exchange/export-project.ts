import { setImmediate } from 'node:timers/promises';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import { Failure } from '../call/failure.ts';
import { ExportFormat } from '../gen/lightning/projects/v1/document_pb.ts';
import type {
  ExportProjectRequest,
  ExportProjectResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { requireDistinctKeys, requireDistinctKeysOfSnapshots } from './distinct-keys.ts';
import type { DocumentWorkflow } from './document.ts';
import { documentWorkflow } from './exported-document.ts';
import { exportedHeader } from './exported-header.ts';
import { exportedSnapshots, requireSnapshots } from './exported-snapshots.ts';
import { exportedWorkflows } from './exported-workflows.ts';
import type { StoredWorkflow } from './stored-workflows.ts';
import { writeDocument } from './write-document.ts';

/** Bytes of one message. */
const CHUNK_BYTES = 64 * 1024;

/**
 * Writes a project as YAML (export_project/3), from one state of the database. What would make it fail is looked for
 * before the first byte; the database is at most two reads ahead of the client.
 */
export async function* exportProject(
  { projectId, snapshotIds, format }: ExportProjectRequest,
  call: Call,
): AsyncGenerator<MessageInitShape<typeof ExportProjectResponseSchema>> {
  if (format === ExportFormat.V2) {
    throw new Failure(
      'unimplemented',
      'FORMAT_UNSUPPORTED',
      'the format V2 cannot be written yet: leave format out',
    );
  }
  await using snapshot = await call.openSnapshot();
  const { read } = snapshot;
  // How long the client may take is watched where its messages are handed over.
  await sql`set local idle_in_transaction_session_timeout = 0`.execute(read);
  if (snapshotIds.length > 0) {
    await requireSnapshots(read, projectId, snapshotIds);
    await requireDistinctKeysOfSnapshots(read, snapshotIds);
  } else {
    await requireDistinctKeys(read, projectId);
  }
  const { header, credentialKeys } = await exportedHeader(read, projectId);
  const workflows =
    snapshotIds.length > 0 ? exportedSnapshots(read, snapshotIds) : exportedWorkflows(read, projectId);
  const document = writeDocument(header, documentWorkflows(workflows, credentialKeys));
  for await (const chunk of inChunks(document)) yield { chunk };
}

async function* documentWorkflows(
  workflows: AsyncIterable<StoredWorkflow>,
  credentialKeys: ReadonlyMap<string, string>,
): AsyncGenerator<DocumentWorkflow> {
  for await (const workflow of workflows) yield documentWorkflow(workflow, credentialKeys);
}

/** Joins and cuts texts to chunks of {@link CHUNK_BYTES}; the first text goes out by itself, for a quick first byte. */
async function* inChunks(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  let waiting: Buffer[] = [];
  let size = 0;
  let enough = 1;
  for await (const text of texts) {
    const bytes = Buffer.from(text);
    waiting.push(bytes);
    size += bytes.length;
    if (size < enough) continue;
    yield* cut(Buffer.concat(waiting));
    // The rows that were asked for ahead come in, and other calls get their turn.
    await setImmediate();
    waiting = [];
    size = 0;
    enough = CHUNK_BYTES;
  }
  yield* cut(Buffer.concat(waiting));
}

function* cut(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}
