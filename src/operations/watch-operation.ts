import { setTimeout as pause } from 'node:timers/promises';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import { Failure } from '../call/failure.ts';
import type {
  WatchOperationRequest,
  WatchOperationResponseSchema,
} from '../gen/lightning/projects/v1/operations_service_pb.ts';
import { operationMessage } from './operation-message.ts';
import { isUnderWay } from './operation-names.ts';
import { type OperationRow, requireOperation } from './operation-query.ts';

/** Milliseconds between two looks. All watchers of a process look at the same moments, and share the statement. */
const LOOK_MS = 250;

/** Reads an operation's row; those asked for in one tick share a statement. */
export type ReadOperation = (id: string) => Promise<OperationRow | null>;

/**
 * Sends an operation as it is now, then whenever it got further, at most every 250 ms, until it has ended. What is
 * watched is the row: it does not matter which process works on it. Who may see it is asked each time.
 */
export function watchOperation(read: ReadOperation) {
  return async function* (
    { id }: WatchOperationRequest,
    call: Call,
  ): AsyncGenerator<MessageInitShape<typeof WatchOperationResponseSchema>> {
    let sent = '';
    let row: OperationRow | null = await requireOperation(call.read, id);
    while (row !== null) {
      const operation = operationMessage(row);
      const shown = progressOf(row);
      if (shown !== sent) {
        // The first look comes with the question that authorized the call.
        if (sent !== '') await requireStill(row, call);
        yield { operation };
      }
      sent = shown;
      if (!isUnderWay(row.state)) return;
      await pause(LOOK_MS - (Date.now() % LOOK_MS), undefined, { signal: call.signal }).catch(() => {
        call.signal.throwIfAborted();
      });
      row = await read(id);
    }
  };
}

/**
 * Throws when the caller may not see the operation any more. The roles in a project that is being deleted end with it, and
 * are taken from nobody else: whoever could see its deletion until then sees how it ends.
 */
async function requireStill({ id, project_id }: OperationRow, { access, read }: Call): Promise<void> {
  try {
    await access.requireOperation('see', id);
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'not_found') throw error;
    const { rows } = await sql`
      select from projects where id = ${project_id}::uuid and deletion_started_at is null`.execute(read);
    if (rows.length > 0) throw error;
  }
}

/** What differs when there is something to tell. */
function progressOf(row: OperationRow): string {
  const { state, done_units, total_units, attempts, error_reason, cancel_requested_at } = row;
  return JSON.stringify([state, done_units, total_units, attempts, error_reason, cancel_requested_at]);
}
