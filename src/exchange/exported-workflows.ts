import { sql } from 'kysely';
import { oneAhead } from '../database/one-ahead.ts';
import type { Queries } from '../database/queries.ts';
import { codeBytes } from '../workflows/code-bytes.ts';
import { type StoredWorkflow, storedWorkflows } from '../workflows/stored-workflows.ts';

/** Bytes of code that one read aims at: enough to keep the database busy, little enough to keep memory flat. */
const READ_BYTES = 256 * 1024;
/** Workflows of one read. */
const READ_WORKFLOWS = 200;

/**
 * A project's workflows by key, each with its graph. The next ones are read while the last ones are taken; memory holds
 * twice {@link READ_BYTES} of code, or the two largest workflows. `read` must be a transaction.
 */
export async function* exportedWorkflows(read: Queries, projectId: string): AsyncGenerator<StoredWorkflow> {
  for await (const workflows of exportedBatches(read, projectId)) yield* workflows;
}

/** The same in batches, for who has to read more of each workflow. The last batch may be empty. */
export function exportedBatches(read: Queries, projectId: string): AsyncGenerator<StoredWorkflow[]> {
  return oneAhead(inBatches(read, projectId));
}

async function* inBatches(read: Queries, projectId: string): AsyncGenerator<StoredWorkflow[]> {
  let ids: string[] = [];
  let bytes = 0;
  for await (const workflow of listed(read, projectId)) {
    if (ids.length === READ_WORKFLOWS || (ids.length > 0 && bytes + workflow.bytes > READ_BYTES)) {
      yield await inOrder(read, ids);
      ids = [];
      bytes = 0;
    }
    ids.push(workflow.id);
    bytes += workflow.bytes;
  }
  yield await inOrder(read, ids);
}

async function inOrder(read: Queries, ids: readonly string[]): Promise<StoredWorkflow[]> {
  const workflows = await storedWorkflows(read, ids);
  return ids.map((id) => workflows.get(id)).filter((workflow) => workflow !== undefined);
}

/**
 * Ids of a project's workflows by key, and how much code each holds. `offset 0` keeps the planner from adding that up
 * before it sorts, so that the first workflow comes at once.
 */
async function* listed(read: Queries, projectId: string): AsyncGenerator<{ id: string; bytes: number }> {
  await sql`
    declare exported_workflows no scroll cursor for
    select w.id, ${codeBytes(sql`w.id`)} as bytes
    from (
      select id from workflows where project_id = ${projectId} and deleted_at is null
      order by replace(name, ' ', '-'), id
      offset 0
    ) w`.execute(read);
  for (;;) {
    const { rows } = await sql<{ id: string; bytes: number }>`
      fetch forward ${sql.lit(READ_WORKFLOWS)} from exported_workflows`.execute(read);
    yield* rows;
    if (rows.length < READ_WORKFLOWS) return;
  }
}
