import type { Client } from 'pg';

/**
 * Deletes a project's history by hand: the batches of DeleteProjectAsync as prepared statements on one connection, each
 * batch a transaction. No operation, no progress, no turns, no check of anything. Answers how many rows it deleted.
 *
 * @param chunk most rows of a table that one batch deletes
 */
export async function deleteByHand(client: Client, projectId: string, chunk: number): Promise<number> {
  let deleted = 0;
  for (;;) {
    await client.query('begin');
    // What was just recorded has statistics of another time.
    await client.query('set local enable_seqscan = off');
    let left = chunk;
    for (const part of [history, dataclips]) {
      while (left > 0) {
        const rows = await part(client, projectId, left);
        if (rows === 0) break;
        left -= rows;
      }
    }
    await client.query('commit');
    if (left === chunk) return deleted;
    deleted += chunk - left;
  }
}

async function history(client: Client, projectId: string, chunk: number): Promise<number> {
  const workOrders = await ids(
    client,
    'orders',
    'select id from work_orders where project_id = $1 order by inserted_at, id limit $2 for update',
    [projectId, Math.ceil(chunk / 10)],
  );
  if (workOrders.length === 0) return 0;
  const runs = await ids(
    client,
    'runs',
    'select id from runs where work_order_id = any($1::uuid[]) limit $2 for update',
    [workOrders, chunk],
  );
  const lines = await count(
    client,
    'lines',
    `delete from log_lines where id = any(array(
       select id from log_lines where run_id = any($1::uuid[]) limit $2))`,
    [runs, chunk],
  );
  if (lines === chunk) return lines;
  const steps = await ids(
    client,
    'links',
    `delete from run_steps where id = any(array(
       select id from run_steps where run_id = any($1::uuid[]) limit $2)) returning step_id as id`,
    [runs, chunk],
  );
  const deletedSteps = await count(client, 'steps', 'delete from steps where id = any($1::uuid[])', [steps]);
  if (steps.length === chunk && runs.length < chunk) return lines + steps.length + deletedSteps;
  const deletedRuns = await count(client, 'delete runs', 'delete from runs where id = any($1::uuid[])', [
    runs,
  ]);
  const orders = await count(client, 'delete orders', 'delete from work_orders where id = any($1::uuid[])', [
    workOrders,
  ]);
  return lines + steps.length + deletedSteps + deletedRuns + orders;
}

async function dataclips(client: Client, projectId: string, chunk: number): Promise<number> {
  return await count(
    client,
    'clips',
    'delete from dataclips where id = any(array(select id from dataclips where project_id = $1 limit $2))',
    [projectId, chunk],
  );
}

async function ids(client: Client, name: string, text: string, values: unknown[]): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>({ name, text, values });
  return rows.map(({ id }) => id);
}

async function count(client: Client, name: string, text: string, values: unknown[]): Promise<number> {
  const { rowCount } = await client.query({ name, text, values });
  return rowCount ?? 0;
}
