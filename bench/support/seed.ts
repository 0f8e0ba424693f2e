import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import { EMPTY_HEAD } from '../../src/heads/head-query.ts';
import { headByHand } from '../peers/get-project-head-peer.ts';

/** How large a made-up project is. */
export interface ProjectSize {
  readonly workflows: number;
  /** Bytes of each job's body, about. */
  readonly bodyBytes: number;
  /** Versions of each workflow. */
  readonly versions: number;
}

const JOBS = 10;
const CREDENTIALS = 5;

/** A person, by whom everything that a figure needs may be done. */
export async function seedUser(client: Client): Promise<string> {
  const id = randomUUID();
  await client.query(`insert into users (id, email) values ('${id}', 'bench-${id}@example.org')`);
  return id;
}

/** Many small projects of one owner, with the head of those that have no versions; their ids. Analyzed. */
export async function seedProjects(client: Client, ownerId: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await client.query(
    `with p as (insert into projects (id, name, env, head_hash) select id, 'project-' || n, 'main', '${EMPTY_HEAD}'
       from unnest($1::uuid[]) with ordinality as new (id, n) returning id)
     insert into project_users (project_id, user_id, role) select id, '${ownerId}', 'owner' from p`,
    [ids],
  );
  await client.query('vacuum analyze');
  return ids;
}

/**
 * A project of so many workflows, each with ten jobs in a row, a trigger, edges, places on the canvas and versions;
 * every second job has one of five credentials, every tenth a keychain. Set-wise, and analyzed.
 */
export async function seedProject(client: Client, ownerId: string, size: ProjectSize): Promise<string> {
  const id = randomUUID();
  await client.query(`
    begin;
    -- Foreign keys need not be checked, nor what triggers keep be found out, row by row, of what is made up here.
    set local session_replication_role = replica;
    insert into projects (id, name, env) values ('${id}', 'bench-${size.workflows}', 'main');
    insert into project_users (project_id, user_id, role) values ('${id}', '${ownerId}', 'owner');
    create temporary table seed_credential on commit drop as
      select n, uuid_v7() as id, uuid_v7() as project_credential_id from generate_series(1, ${CREDENTIALS}) n;
    insert into credentials (id, user_id, name, schema) select id, '${ownerId}', 'credential ' || n, 'raw' from seed_credential;
    insert into project_credentials (id, project_id, credential_id)
      select project_credential_id, '${id}', id from seed_credential;
    insert into keychain_credentials (project_id, name, path, created_by_id)
      values ('${id}', 'keychain', '$.id', '${ownerId}');

    create temporary table seed_workflow on commit drop as
      select n, uuid_v7() as id, uuid_v7() as trigger_id from generate_series(1, ${size.workflows}) n;
    create temporary table seed_job on commit drop as
      select w.id as workflow_id, w.n as workflow, job.n, uuid_v7() as id
      from seed_workflow w, generate_series(1, ${JOBS}) job (n);
    insert into workflows (id, project_id, name, positions, version_hash)
      select w.id, '${id}', 'Workflow ' || to_char(w.n, 'FM000000'),
             jsonb_object_agg(node.id, jsonb_build_object('x', 180 * node.place, 'y', 96.5)),
             ${versionHash('w.id', `${size.versions}`)}
      from seed_workflow w
      join (
        select workflow_id, id, n as place from seed_job union all select id, trigger_id, 0 from seed_workflow
      ) node on node.workflow_id = w.id
      group by w.id, w.n;
    insert into jobs (id, workflow_id, name, adaptor, project_credential_id, keychain_credential_id, body)
      select j.id, workflow_id, 'Job ' || j.n, '@openfn/language-http@6.5.4',
             case when j.n % 2 = 0 and j.n < ${JOBS} then (select project_credential_id from seed_credential c where c.n = j.n / 2) end,
             case when j.n = ${JOBS} then (select k.id from keychain_credentials k where project_id = '${id}') end,
             'get(''/patients/' || workflow || ''');' ||
               repeat(E'\\nfn(state => ({ ...state, count: state.data.length }));', ${Math.max(0, Math.round(size.bodyBytes / 56))})
      from seed_job j;
    insert into triggers (id, workflow_id, type, enabled, cron_expression)
      select trigger_id, id, case n % 2 when 0 then 'cron' else 'webhook' end, true,
             case n % 2 when 0 then '5 4 * * *' end
      from seed_workflow;
    insert into workflow_edges (workflow_id, source_trigger_id, source_job_id, target_job_id, condition_type, condition_expression)
      select j.workflow_id, case when j.n = 1 then w.trigger_id end, before.id, j.id,
             case when j.n = 5 then 'js_expression' when j.n = 1 then 'always' else 'on_job_success' end,
             case when j.n = 5 then '!state.error && state.data.length > 0' end
      from seed_job j
      join seed_workflow w on w.id = j.workflow_id
      left join seed_job before on before.workflow_id = j.workflow_id and before.n = j.n - 1;
    insert into workflow_versions (id, workflow_id, hash, source, inserted_at)
      select gen_random_uuid(), id, ${versionHash('id', 'version')}, case version % 2 when 0 then 'app' else 'cli' end,
             now() + version * interval '1 second'
      from seed_workflow, generate_series(1, ${size.versions}) version;
    commit`);
  await client.query('vacuum analyze');
  return id;
}

function versionHash(workflowId: string, version: string): string {
  return `left(md5(${workflowId}::text || ${version}), 12)`;
}

/** Keeps the head of every project on its row, as the service does whenever it records a version. */
export async function keepHeads(client: Client): Promise<void> {
  const { rows } = await client.query<{ id: string }>('select id from projects');
  for (const { id } of rows) {
    await client.query('update projects set head_hash = $2 where id = $1', [
      id,
      await headByHand(client, id),
    ]);
  }
}
