import type { Client } from 'pg';

/** Pairs of a sandbox's workflow and what it was copied from, of which either has moved on. */
const touched = `
  select c.id as copy_id, s.id as source_id
  from workflows c
  join sandbox_lineage l on l.copy_id = c.id
  join workflows s on s.id = l.source_id and s.project_id = $2
  where c.project_id = $1 and (
    c.version_hash is distinct from l.copy_hash or c.lock_version <> l.copy_lock_version
    or s.version_hash is distinct from l.source_hash or s.lock_version <> l.source_lock_version)`;

/** CompareProjects by hand: reads what differs on one connection, and compares nothing. Answers how many pairs. */
export async function compareByHand(client: Client, sandbox: string, target: string): Promise<number> {
  const { rows: pairs } = await client.query<{ copy_id: string; source_id: string }>(touched, [
    sandbox,
    target,
  ]);
  const ids = pairs.flatMap((pair) => [pair.copy_id, pair.source_id]);
  for (const statement of [
    `select id, name, positions, concurrency, enable_job_logs from workflows where id = any($1)`,
    `select workflow_id, id, name, adaptor, body, project_credential_id, keychain_credential_id
     from jobs where workflow_id = any($1) order by inserted_at, id`,
    `select workflow_id, id, type, comment, enabled, cron_expression, cron_cursor_job_id, webhook_reply,
            webhook_response_config, kafka_configuration from triggers where workflow_id = any($1)`,
    `select workflow_id, id, source_trigger_id, source_job_id, target_job_id, condition_type, condition_expression,
            condition_label, enabled from workflow_edges where workflow_id = any($1) order by inserted_at, id`,
  ]) {
    await client.query(statement, [ids]);
  }
  return pairs.length;
}

/**
 * MergeSandbox by hand: the same reads, then one script that writes the same rows. Knows that only bodies differ, and
 * makes hashes up. Answers how many workflows were written.
 */
export async function mergeByHand(client: Client, sandbox: string, target: string): Promise<number> {
  await client.query('begin');
  await client.query('select 1 from projects where id = any($1) order by id for update', [[sandbox, target]]);
  const merged = await compareByHand(client, sandbox, target);
  await client.query(
    `create temporary table a_pair on commit drop as ${touched.replace('$1', `'${sandbox}'`).replace('$2', `'${target}'`)}`,
  );
  const script = `
    update workflows w set lock_version = lock_version + 1, updated_at = now() from a_pair where w.id = source_id;
    update jobs j set body = copy.body, updated_at = now()
      from a_pair, sandbox_lineage l, jobs copy
      where copy.workflow_id = a_pair.copy_id and l.copy_id = copy.id and j.id = l.source_id and j.body <> copy.body;
    insert into workflow_versions (workflow_id, hash, source, inserted_at)
      select source_id, left(md5(source_id::text || clock_timestamp()), 12), 'cli', greatest(clock_timestamp(), (
        select max(inserted_at) + interval '1 microsecond' from workflow_versions v where v.workflow_id = source_id))
      from a_pair;
    insert into workflow_snapshots (workflow_id, lock_version, name, positions, jobs, triggers, edges)
      select id, lock_version, name, positions,
        (select jsonb_agg(to_jsonb(j) - 'workflow_id' order by j.inserted_at, j.id) from jobs j where j.workflow_id = w.id),
        (select jsonb_agg(to_jsonb(t) - 'workflow_id' order by t.inserted_at, t.id) from triggers t where t.workflow_id = w.id),
        (select jsonb_agg(to_jsonb(e) - 'workflow_id' order by e.inserted_at, e.id) from workflow_edges e where e.workflow_id = w.id)
      from workflows w join a_pair on source_id = w.id;
    update sandbox_lineage l set copy_hash = c.version_hash, copy_lock_version = c.lock_version,
      source_hash = s.version_hash, source_lock_version = s.lock_version
      from a_pair, workflows c, workflows s
      where l.copy_id = a_pair.copy_id and c.id = a_pair.copy_id and s.id = a_pair.source_id;
    update projects set head_hash = (
      select left(encode(sha256(convert_to('[["' || string_agg(
        w.id || '","' || version_hash, '"],["' order by w.id) || '"]]', 'UTF8')), 'hex'), 12)
      from workflows w where w.project_id = '${target}') where id = '${target}';
    insert into project_heads (project_id, position, hash)
      select id, 1 + coalesce((select max(position) from project_heads where project_id = '${target}'), 0), head_hash
      from projects where id = '${target}';
    insert into events (kind, project_id) values ('sandbox_merged', '${target}');
    insert into audit_events (kind, item_type, item_id, project_id, method)
      values ('sandbox_merged', 'project', '${target}', '${target}', 'MergeSandbox');
    commit`;
  for (const statement of script.split(';\n')) await client.query(statement);
  return merged;
}
