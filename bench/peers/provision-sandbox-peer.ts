import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';

/**
 * ProvisionSandbox by hand: the same rows from one script of bare SQL on one connection, with a table of ids for each
 * kind of row. No check of anything.
 */
export async function provisionByHand(
  client: Client,
  parent: string,
  actor: string,
  name: string,
): Promise<string> {
  const id = randomUUID();
  const script = `
    begin isolation level repeatable read;
    select 1 from projects where id = '${parent}' for no key update;
    insert into projects (id, name, parent_id, description, allow_support_access, requires_mfa, concurrency,
                          retention_policy, history_retention_period, dataclip_retention_period)
      select '${id}', '${name}', id, description, allow_support_access, requires_mfa, concurrency,
             retention_policy, history_retention_period, dataclip_retention_period
      from projects where id = '${parent}';
    insert into project_users (project_id, user_id, role) values ('${id}', '${actor}', 'owner');

    create temporary table a_workflow on commit drop as
      select id, uuid_v7(now(), row_number() over (order by inserted_at, id)) as copy
      from workflows where project_id = '${parent}' and deleted_at is null;
    analyze a_workflow;
    create temporary table a_job on commit drop as
      select j.id, w.copy as workflow, uuid_v7(now(), row_number() over (order by j.inserted_at, j.id)) as copy
      from jobs j join a_workflow w on w.id = workflow_id;
    create temporary table a_trigger on commit drop as
      select t.id, w.copy as workflow, uuid_v7(now(), row_number() over (order by t.inserted_at, t.id)) as copy
      from triggers t join a_workflow w on w.id = workflow_id;
    create temporary table an_edge on commit drop as
      select e.id, w.copy as workflow, uuid_v7(now(), row_number() over (order by e.inserted_at, e.id)) as copy
      from workflow_edges e join a_workflow w on w.id = workflow_id;
    create temporary table a_credential on commit drop as
      select id, credential_id, uuid_v7() as copy from project_credentials where project_id = '${parent}';
    create temporary table a_keychain on commit drop as
      select id, uuid_v7() as copy from keychain_credentials
      where project_id = '${parent}' and id in (
        select keychain_credential_id from jobs join a_job using (id));
    create temporary table a_node on commit drop as
      select id, copy from a_job union all select id, copy from a_trigger;
    analyze a_job, a_trigger, an_edge, a_credential, a_keychain, a_node;

    insert into project_credentials (id, project_id, credential_id) select copy, '${id}', credential_id from a_credential;
    insert into keychain_credentials (id, project_id, name, path, default_credential_id, created_by_id)
      select copy, '${id}', name, path, default_credential_id, '${actor}' from keychain_credentials join a_keychain using (id);
    insert into workflows (id, project_id, name, positions, concurrency, enable_job_logs)
      select w.copy, '${id}', name, placed.positions, concurrency, enable_job_logs
      from workflows join a_workflow w using (id)
      left join (
        select old.workflow_id, jsonb_object_agg(node.copy, old.place) as positions
        from (
          select id as workflow_id, key, value as place
          from workflows cross join jsonb_each(positions) where project_id = '${parent}' and deleted_at is null
        ) old
        join a_node node on node.id = old.key::uuid
        group by old.workflow_id
      ) placed on placed.workflow_id = workflows.id;
    insert into jobs (id, workflow_id, name, body, adaptor, project_credential_id, keychain_credential_id)
      select a.copy, a.workflow, name, body, adaptor, c.copy, k.copy
      from jobs join a_job a using (id)
      left join a_credential c on c.id = project_credential_id left join a_keychain k on k.id = keychain_credential_id;
    insert into triggers (id, workflow_id, type, enabled, comment, cron_expression, cron_cursor_job_id, webhook_reply,
                          webhook_response_config, kafka_configuration)
      select a.copy, a.workflow, type, false, comment, cron_expression, j.copy, webhook_reply,
             webhook_response_config, kafka_configuration
      from triggers join a_trigger a using (id) left join a_job j on j.id = cron_cursor_job_id;
    insert into trigger_webhook_auth_methods (trigger_id, webhook_auth_method_id)
      select a.copy, webhook_auth_method_id from trigger_webhook_auth_methods join a_trigger a on a.id = trigger_id;
    insert into workflow_edges (id, workflow_id, source_job_id, source_trigger_id, target_job_id, condition_type,
                                condition_expression, condition_label, enabled)
      select a.copy, a.workflow, s.copy, t.copy, target.copy, condition_type, condition_expression, condition_label, enabled
      from workflow_edges join an_edge a using (id)
      left join a_job s on s.id = source_job_id left join a_trigger t on t.id = source_trigger_id
      join a_job target on target.id = target_job_id;
    insert into sandbox_lineage (copy_id, sandbox_id, kind, source_id, source_hash)
      select copy, '${id}', kind, id, hash
      from (
        select copy, 'workflow' as kind, id, version_hash as hash from a_workflow join workflows using (id)
        union all select copy, 'job', id, null from a_job
        union all select copy, 'trigger', id, null from a_trigger
        union all select copy, 'edge', id, null from an_edge
        union all select copy, 'keychain', id, null from a_keychain
      ) copies;
    insert into workflow_versions (workflow_id, hash, source)
      select a.copy, v.hash, v.source from a_workflow a cross join lateral (
        select hash, source from workflow_versions where workflow_id = a.id
        order by inserted_at desc, id desc limit 1
      ) v;
    insert into workflow_snapshots (workflow_id, lock_version, name, positions, jobs, triggers, edges)
      select id, lock_version, name, positions,
        (select jsonb_agg(to_jsonb(j) - 'workflow_id' order by j.inserted_at, j.id) from jobs j where j.workflow_id = w.id),
        (select jsonb_agg(to_jsonb(t) - 'workflow_id' order by t.inserted_at, t.id) from triggers t where t.workflow_id = w.id),
        (select jsonb_agg(to_jsonb(e) - 'workflow_id' order by e.inserted_at, e.id) from workflow_edges e where e.workflow_id = w.id)
      from workflows w where project_id = '${id}';
    update projects set head_hash = (
      select left(encode(sha256(convert_to('[["' || string_agg(
        w.id || '","' || version_hash, '"],["' order by w.id) || '"]]', 'UTF8')), 'hex'), 12)
      from workflows w where w.project_id = '${id}') where id = '${id}';
    insert into project_heads (project_id, position, hash) select id, 1, head_hash from projects where id = '${id}';
    insert into events (kind, project_id, actor_id) values ('sandbox_provisioned', '${id}', '${actor}');
    insert into audit_events (kind, item_type, item_id, project_id, actor_id, method)
      values ('sandbox_provisioned', 'project', '${id}', '${id}', '${actor}', 'ProvisionSandbox');
    commit`;
  for (const statement of script.split(';\n')) await client.query(statement);
  return id;
}
