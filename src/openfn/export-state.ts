import type { MessageInitShape } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import type { Queries } from '../database/queries.ts';
import { requireSnapshots } from '../exchange/exported-snapshots.ts';
import { inChunks } from '../exchange/in-chunks.ts';
import type {
  ExportProjectRequest,
  ExportProjectResponseSchema,
} from '../gen/lightning/projects/v1/projects_service_pb.ts';
import { exportedSnapshotStates, exportedStates } from './exported-states.ts';
import { type StateHeader, stateHeader } from './state-header.ts';

/** Writes a project as the JSON of Lightning's provisioning API (`ProvisioningJSON`), from one state of the database. */
export async function* exportState(
  { projectId, snapshotIds }: ExportProjectRequest,
  call: Call,
): AsyncGenerator<MessageInitShape<typeof ExportProjectResponseSchema>> {
  await using snapshot = await call.openSnapshot();
  const { read } = snapshot;
  // How long the client may take is watched where its messages are handed over.
  await sql`set local idle_in_transaction_session_timeout = 0`.execute(read);
  if (snapshotIds.length > 0) await requireSnapshots(read, projectId, snapshotIds);
  for await (const chunk of stateInChunks(read, projectId, snapshotIds)) yield { chunk };
}

/**
 * The same as bytes; memory holds no more than an export as YAML. `read` must be a transaction.
 *
 * @param snapshotIds show these workflows in place of the project's own
 */
export async function* stateInChunks(
  read: Queries,
  projectId: string,
  snapshotIds: readonly string[] = [],
): AsyncGenerator<Uint8Array> {
  const header = await stateHeader(read, projectId);
  const workflows =
    snapshotIds.length > 0 ? exportedSnapshotStates(read, snapshotIds) : exportedStates(read, projectId);
  yield* inChunks(writeState(header, workflows));
}

async function* writeState(header: StateHeader, workflows: AsyncIterable<unknown>): AsyncGenerator<string> {
  yield `{"data":${JSON.stringify(header).slice(0, -1)},"workflows":[`;
  let separator = '';
  for await (const workflow of workflows) {
    yield `${separator}${JSON.stringify(workflow)}`;
    separator = ',';
  }
  yield ']}}';
}
