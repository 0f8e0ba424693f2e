import type { Call } from '../call/call.ts';
import { takeTurn } from '../database/take-turn.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { type DeletedRows, tellDeleted, totalOf } from './deleted-rows.ts';
import { requireMaintainable } from './maintained-project.ts';

/** Rows of a batch, where the request leaves that open. */
const BATCH_ROWS = 1000;

/** What of a project is to be deleted. */
export interface DeleteAll {
  readonly projectId: string;
  /** 0 for {@link BATCH_ROWS}. */
  readonly batchSize: number;
  /** The table whose rows count. */
  readonly table: 'work_orders' | 'dataclips';
  /** Deletes the next rows, or a part of what hangs on them: nothing only when there is nothing left. */
  deleteNext(unit: UnitOfWork, limit: number): Promise<DeletedRows>;
}

/**
 * Deletes all rows of a project in batches, each a transaction that is told by itself, and yields after each how far it
 * is; before the first, how much there is. When the call ends, the batch in hand is rolled back and the others stay.
 */
export async function* deleteAll(
  { projectId, batchSize, table, deleteNext }: DeleteAll,
  call: Call,
): AsyncGenerator<{ done: bigint; total: bigint }> {
  await requireMaintainable(call.read, projectId);
  const counted = await call.read
    .selectFrom(table)
    .select(({ fn }) => fn.countAll<string>().as('rows'))
    .where('project_id', '=', projectId)
    .executeTakeFirstOrThrow();
  const total = Number(counted.rows);
  let done = 0;
  yield progress(done, total);
  for (;;) {
    const deleted = await call.change(async (unit) => {
      await takeTurn(unit.db, projectId);
      await requireMaintainable(unit.db, projectId);
      const rows = await deleteNext(unit, batchSize || BATCH_ROWS);
      tellDeleted(unit, projectId, rows);
      return rows;
    });
    if (totalOf(deleted) === 0) break;
    done += deleted[table] ?? 0;
    yield progress(done, total);
  }
  // Others may have recorded new rows meanwhile, or deleted some of these.
  if (done !== total) yield progress(done, done);
}

function progress(done: number, total: number): { done: bigint; total: bigint } {
  return { done: BigInt(done), total: BigInt(Math.max(done, total)) };
}
