import { RetentionPolicy } from '../../../src/gen/lightning/projects/v1/project_pb.ts';
import { aProject } from '../../support/projects.ts';
import { rows } from '../../support/rows.ts';
import { aUser, type TestService, type TestUser } from '../../support/service.ts';

/** A project with one of everything that a sandbox gets a copy of, and of what it does not. */
export interface Parent {
  readonly id: string;
  readonly owner: TestUser;
  /** By name. */
  readonly dataclips: Readonly<Record<string, string>>;
}

/** The parent's settings, none of them a default. */
export const settings = {
  description: 'What the clinics report',
  allowSupportAccess: true,
  requiresMfa: true,
  concurrency: 3,
  retentionPolicy: RetentionPolicy.RETAIN_WITH_ERRORS,
  historyRetentionPeriod: 90,
  dataclipRetentionPeriod: 30,
} as const;

/**
 * In the parent: two credentials, a keychain that a job uses and one that none does; the workflow `Intake` of
 * three jobs, three triggers and three edges, `Report` without versions whose positions name only nodes that
 * are gone, and `Old`, which is deleted; collections, files, a history of heads, snapshots and runs;
 * dataclips of every type. Jobs, triggers, edges, versions and dataclips are inserted in another order than that of
 * their ids or moments.
 */
export async function aParent(service: TestService): Promise<Parent> {
  const owner = await aUser(service);
  const { id } = await aProject(service, { owner }, { ...settings, color: '#aabbcc', env: 'production' });
  for (const text of content) await rows(service, text, text.includes('$2') ? [id, owner.id] : [id]);
  const dataclips = await rows<{ name: string; id: string }>(
    service,
    `select coalesce(name, 'unnamed') as name, id from dataclips where project_id = $1`,
    [id],
  );
  return { id, owner, dataclips: Object.fromEntries(dataclips.map((row) => [row.name, row.id])) };
}

/** $1 is the project, $2 its owner. Rows know each other by name, within the project. */
const content = [
  `with made as (
     insert into credentials (user_id, name, schema) values ($2, 'dhis2', 'dhis2'), ($2, 'mail', 'raw') returning id
   ) insert into project_credentials (project_id, credential_id) select $1, id from made`,
  `insert into keychain_credentials (project_id, name, path, default_credential_id, created_by_id)
   select $1, given.name, given.path, (select id from credentials where user_id = $2 and name = 'mail'), $2
   from (values ('by site', '$.site'), ('unused', '$.x')) given (name, path)`,
  `insert into webhook_auth_methods (project_id, name, type) values ($1, 'key', 'api'), ($1, 'login', 'basic')`,
  `insert into workflows (project_id, name, concurrency, enable_job_logs, lock_version, deleted_at) values
     ($1, 'Intake', 2, false, 7, null), ($1, 'Report', null, true, 1, null), ($1, 'Old', null, true, 1, now())`,
  `insert into jobs (workflow_id, name, body, adaptor, project_credential_id, keychain_credential_id, inserted_at)
   select w.id, given.name, given.body, '@openfn/language-' || given.adaptor, (
       select pc.id from project_credentials pc join credentials c on c.id = pc.credential_id
       where pc.project_id = $1 and c.name = given.credential
     ), (select id from keychain_credentials where project_id = $1 and name = given.keychain), given.at::timestamptz
   from workflows w join (values
       ('Intake', 'third', 'fn(s => s);', 'common@3.0.0', null, null, '2026-01-03'),
       ('Intake', 'second', repeat('// long', 5000), 'http@7.0.0', null, 'by site', '2026-01-02'),
       ('Intake', 'first', 'get("/");', 'dhis2@8.0.0', 'dhis2', null, '2026-01-01'),
       ('Report', 'only', '', 'common@3.0.0', null, null, '2026-01-01'),
       ('Old', 'gone', '', 'common@3.0.0', null, null, '2026-01-01')
     ) given (workflow, name, body, adaptor, credential, keychain, at) on given.workflow = w.name
   where w.project_id = $1`,
  `insert into triggers (workflow_id, type, enabled, comment, custom_path, cron_expression, cron_cursor_job_id,
     webhook_reply, webhook_response_config, kafka_configuration, enabled_before_deletion, inserted_at)
   select w.id, given.type, true, given.comment, given.path || $1::uuid, given.cron, (
       select id from jobs where workflow_id = w.id and name = given.cursor
     ), given.reply, given.config::jsonb, given.kafka::jsonb, true, given.at::timestamptz
   from workflows w join (values
       ('kafka', 'stream', null, null, null, null, null,
        '{"hosts": [["localhost", 9092]], "topics": ["a"], "password": "secret"}', '2026-01-03'),
       ('cron', 'nightly', null, '0 2 * * *', 'third', null, null, null, '2026-01-02'),
       ('webhook', 'from the site', 'intake-', null, null, 'after_completion', '{"status": 201}', null, '2026-01-01')
     ) given (type, comment, path, cron, cursor, reply, config, kafka, at) on w.name = 'Intake'
   where w.project_id = $1`,
  `insert into trigger_webhook_auth_methods (trigger_id, webhook_auth_method_id)
   select t.id, m.id from triggers t join workflows w on w.id = t.workflow_id
   join webhook_auth_methods m on m.project_id = w.project_id
   where w.project_id = $1 and t.type = 'webhook'`,
  `insert into workflow_edges (workflow_id, source_trigger_id, source_job_id, target_job_id, condition_type,
     condition_expression, condition_label, enabled, inserted_at)
   select w.id, (select id from triggers where workflow_id = w.id and type = given.source),
          (select id from jobs where workflow_id = w.id and name = given.source),
          (select id from jobs where workflow_id = w.id and name = given.target),
          given.condition, given.expression, given.label, given.enabled, given.at::timestamptz
   from workflows w join (values
       ('second', 'third', 'on_job_failure', null, 'if it fails', true, '2026-01-03'),
       ('first', 'second', 'js_expression', 'state.ok', 'when fine', false, '2026-01-02'),
       ('webhook', 'first', 'always', null, null, true, '2026-01-01')
     ) given (source, target, condition, expression, label, enabled, at) on w.name = 'Intake'
   where w.project_id = $1`,
  `update workflows w set positions = (
     select jsonb_object_agg(node.id, jsonb_build_object('x', node.place * 100, 'y', 0.5))
     from (
       select id::text, row_number() over (order by id) as place
       from (select id from jobs where workflow_id = w.id union all select id from triggers where workflow_id = w.id) known
       where w.name = 'Intake'
       union all select gen_random_uuid()::text, 0
       union all select 'no uuid', 0
     ) node
   ) where project_id = $1`,
  `insert into workflow_versions (workflow_id, hash, source, inserted_at)
   select id, given.hash, given.source, given.at::timestamptz from workflows
   join (values
       ('Intake', 'bbbbbbbbbbbb', 'cli', '2026-01-02'), ('Intake', 'aaaaaaaaaaaa', 'app', '2026-01-01'),
       ('Old', 'cccccccccccc', 'app', '2026-01-01')
     ) given (workflow, hash, source, at) on given.workflow = name
   where project_id = $1`,
  `with snapshot as (
     insert into workflow_snapshots (workflow_id, lock_version, name)
     select id, 1, name from workflows where project_id = $1 and name = 'Intake' returning id, workflow_id
   ), work_order as (
     insert into work_orders (workflow_id, snapshot_id) select workflow_id, id from snapshot returning id, snapshot_id
   ) insert into runs (work_order_id, snapshot_id) select id, snapshot_id from work_order`,
  `insert into project_heads (project_id, position, hash) values ($1, 1, 'dddddddddddd')`,
  `insert into collections (project_id, name) values ($1, 'items')`,
  `insert into project_files (project_id, type) values ($1, 'export')`,
  `insert into dataclips (project_id, name, type, body, request, inserted_at) values
     ($1, 'all', 'global', '{"a": 1}', null, '2026-01-03'),
     ($1, 'kept', 'saved_input', '{"b": [2]}', null, '2026-01-02'),
     ($1, 'hook', 'http_request', '{"c": null}', '{"method": "POST"}', '2026-01-01'),
     ($1, 'result', 'step_result', '{}', null, now()), ($1, 'message', 'kafka', '{}', null, now()),
     ($1, null, 'saved_input', '{}', null, now())`,
];
