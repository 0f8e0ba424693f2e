import type { Client } from 'pg';

/** AppendProjectHead by hand: prepared statements in one transaction, with the same lock, event and audit row. */
export async function appendByHand(client: Client, projectId: string, hash: string): Promise<void> {
  const run = (name: string, text: string, values: unknown[]) => client.query({ name, text, values });
  await client.query('begin');
  await run('lock', 'select id from projects where id = $1 for update', [projectId]);
  const { rows } = await run(
    'last head',
    'select position from project_heads where project_id = $1 order by position desc limit 1',
    [projectId],
  );
  const position = (rows[0]?.position ?? 0) + 1;
  const known = await run('known head', 'select 1 from project_heads where project_id = $1 and hash = $2', [
    projectId,
    hash,
  ]);
  if (known.rowCount !== 0) throw new Error('the head is known');
  await run('append head', 'insert into project_heads (project_id, position, hash) values ($1, $2, $3)', [
    projectId,
    position,
    hash,
  ]);
  await run(
    'record head',
    `with event as (insert into events (kind, project_id) values ('head_appended', $1))
     insert into audit_events (kind, item_type, item_id, project_id, method)
     values ('head_appended', 'project', $1, $1, 'AppendProjectHead')`,
    [projectId],
  );
  await client.query('commit');
}
