import type { Client } from 'pg';

/** Rows of one project, by table; those that others refer to come first. */
export type Rows = ReadonlyMap<string, readonly Readonly<Record<string, unknown>>[]>;

const ofProject = 'project_id = $1';
const ofWorkflows = 'workflow_id in (select id from workflows where project_id = $1)';
/** What a post writes, and by what its rows are found. */
const TABLES = {
  projects: 'id = $1',
  project_users: ofProject,
  workflows: ofProject,
  jobs: ofWorkflows,
  triggers: ofWorkflows,
  workflow_edges: ofWorkflows,
  workflow_versions: ofWorkflows,
  workflow_snapshots: ofWorkflows,
  project_heads: ofProject,
} as const;
/** What getting a project has to read. */
const READ = ['projects', 'workflows', 'jobs', 'triggers', 'workflow_edges', 'workflow_versions'] as const;

/** GET by hand: every row, on one connection, with nothing made of it. Answers how many. */
export async function readByHand(client: Client, projectId: string): Promise<number> {
  let read = 0;
  for (const table of READ) {
    const { rows } = await client.query(`select * from ${table} where ${TABLES[table]}`, [projectId]);
    read += rows.length;
  }
  return read;
}

/** The rows of a project that was posted, to be written again. */
export async function rowsOf(client: Client, projectId: string): Promise<Rows> {
  const tables = new Map<string, Record<string, unknown>[]>();
  for (const [table, condition] of Object.entries(TABLES)) {
    const { rows } = await client.query(`select to_jsonb(t) as row from ${table} t where ${condition}`, [
      projectId,
    ]);
    tables.set(
      table,
      rows.map(({ row }) => row),
    );
  }
  return tables;
}

/** POST of a new project by hand: its rows as they are, one statement a table, with an event and an audit row. */
export async function insertByHand(client: Client, rows: Rows): Promise<void> {
  await client.query('begin');
  for (const [table, records] of rows) {
    // A generated column takes no value.
    const columns = Object.keys(records[0] ?? {}).filter((column) => column !== 'owned_project_id');
    await client.query(
      `insert into ${table} (${columns.join(', ')})
       select ${columns.join(', ')} from jsonb_populate_recordset(null::${table}, $1)`,
      [JSON.stringify(records)],
    );
  }
  await told(client, rows.get('projects')?.[0]?.id);
  await client.query('commit');
}

/**
 * POST of a change by hand: all rows are read, as they have to be to know what changed, and the bodies of some jobs
 * written, with a version and a snapshot of each workflow, a head, an event and an audit row. It makes hashes up.
 */
export async function updateByHand(
  client: Client,
  projectId: string,
  bodies: Readonly<Record<string, string>>,
): Promise<void> {
  await client.query('begin');
  await client.query('select id from projects where id = $1 for update', [projectId]);
  await readByHand(client, projectId);
  const { rows } = await client.query<{ workflow_id: string }>(
    `update jobs set body = value, updated_at = now() from jsonb_each_text($1) where id = key::uuid
     returning workflow_id`,
    [JSON.stringify(bodies)],
  );
  const ids = rows.map(({ workflow_id }) => workflow_id);
  await client.query(
    `update workflows set lock_version = lock_version + 1, updated_at = now() where id = any($1)`,
    [ids],
  );
  await client.query(
    `insert into workflow_versions (workflow_id, hash, source)
     select id, left(md5(id::text || clock_timestamp()), 12), 'cli' from unnest($1::uuid[]) id`,
    [ids],
  );
  await client.query(
    `insert into workflow_snapshots (workflow_id, lock_version, name, positions, jobs, triggers, edges)
       select id, lock_version, name, positions,
         (select jsonb_agg(to_jsonb(j) - 'workflow_id' order by j.inserted_at, j.id) from jobs j where j.workflow_id = w.id),
         (select jsonb_agg(to_jsonb(t) - 'workflow_id' order by t.inserted_at, t.id) from triggers t where t.workflow_id = w.id),
         (select jsonb_agg(to_jsonb(e) - 'workflow_id' order by e.inserted_at, e.id) from workflow_edges e where e.workflow_id = w.id)
       from workflows w where id = any($1)`,
    [ids],
  );
  await client.query(
    `update projects set head_hash = (
       select left(encode(sha256(convert_to('[["' || string_agg(
         id || '","' || version_hash, '"],["' order by id) || '"]]', 'UTF8')), 'hex'), 12)
       from workflows where project_id = $1) where id = $1`,
    [projectId],
  );
  await client.query(
    `insert into project_heads (project_id, position, hash)
     select id, 1 + (select coalesce(max(position), 0) from project_heads where project_id = $1), head_hash
     from projects where id = $1`,
    [projectId],
  );
  await told(client, projectId);
  await client.query('commit');
}

async function told(client: Client, projectId: unknown): Promise<void> {
  await client.query(
    `with event as (insert into events (kind, project_id) values ('project_imported', $1))
     insert into audit_events (kind, item_type, item_id, project_id, method)
     values ('project_imported', 'project', $1, $1, 'ImportProject')`,
    [projectId],
  );
}
