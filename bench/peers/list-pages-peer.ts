import type { Client } from 'pg';

/** Where a page begins: after a row with this moment and id, or at the newest one. */
export type After = readonly [moment: string, id: string] | undefined;

/** A row as far as it matters for where the next page begins. */
interface Row {
  readonly moment: string;
  readonly id: string;
}

/** A page of a project's rows, the newest first, as one prepared statement on one connection. */
export function pageByHand(
  client: Client,
  table: 'runs' | 'dataclips',
  columns: string,
  projectId: string,
): (after: After, limit: number) => Promise<Row[]> {
  const select = `select id, inserted_at::text as moment, ${columns} from ${table} where project_id = $1`;
  const order = 'order by inserted_at desc, id desc limit $2';
  return async (after, limit) => {
    const { rows } = await client.query<Row>(
      after === undefined
        ? { name: `first ${table}`, text: `${select} ${order}`, values: [projectId, limit] }
        : {
            name: `next ${table}`,
            text: `${select} and (inserted_at, id) < ($3, $4) ${order}`,
            values: [projectId, limit, ...after],
          },
    );
    return rows;
  };
}
