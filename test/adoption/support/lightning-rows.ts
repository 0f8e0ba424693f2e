import { headHash } from '../../support/head-hash.ts';

/** An id that says what it is of: the kind, and which one. */
const id = (kind: number, one: number): string =>
  `${String(kind).padStart(8, '0')}-0000-4000-8000-${String(one).padStart(12, '0')}`;

export const users = { anna: id(1, 1), ben: id(1, 2), cleo: id(1, 3), dan: id(1, 4), eve: id(1, 5) };
export const projects = { clinic: id(2, 1), water: id(2, 2), sandbox: id(2, 3) };
export const members = { annaInClinic: id(3, 1), benInClinic: id(3, 2), cleoInClinic: id(3, 3) };
export const credentials = { dhis: id(4, 1), mail: id(4, 2) };
export const projectCredentials = { dhisInClinic: id(5, 1) };
export const keychain = id(6, 1);
export const authMethod = id(8, 1);
export const workflows = { visits: id(9, 1), deleted: id(9, 2), alarms: id(9, 3), trial: id(9, 4) };
export const jobs = { check: id(10, 1), send: id(10, 2), old: id(10, 3), alarm: id(10, 4), trial: id(10, 5) };
export const triggers = { webhook: id(11, 1), kafka: id(11, 2), cron: id(11, 3) };
export const edges = { first: id(12, 1), second: id(12, 2), cron: id(12, 3) };
export const snapshot = id(14, 1);
export const dataclips = { input: id(15, 1), output: id(15, 2), wiped: id(15, 3), named: id(15, 4) };
export const workOrder = id(16, 1);
export const run = id(17, 1);
export const steps = { check: id(18, 1), send: id(18, 2) };

/** The head of the clinic's project, as Lightning wrote it last. */
export const clinicHead = headHash([
  [workflows.visits, '0000000000b2'],
  [workflows.deleted, '0000000000c1'],
]);

const DAY = "'2026-03-01 10:00:00'";
const times = `${DAY}, '2026-03-02 11:00:00'`;
const fine = `'2026-03-03 12:00:00.123456', '2026-03-03 12:00:01.654321'`;

/**
 * Two root projects and a sandbox, people of all kinds, one with an address that no request may bring, workflows of which
 * one is deleted, and a run of one of them.
 */
export const lightningRows = `
insert into users (id, email, first_name, last_name, role, disabled, support_user, inserted_at, updated_at) values
  ('${users.anna}', 'anna@example.org', 'Anna', 'Amsel', 'user', false, false, ${times}),
  ('${users.ben}', 'Ben@example.org', 'Ben', 'Bussard', 'user', false, false, ${times}),
  ('${users.cleo}', 'cleo@example.org', 'Cleo', 'Dohle', 'user', true, false, ${times}),
  ('${users.dan}', 'dan;(elster)@example.org', 'Dan', 'Elster', 'user', false, true, ${times}),
  ('${users.eve}', 'eve@example.org', 'Eve', 'Falke', 'superuser', false, false, ${times});
insert into credentials (id, name, user_id, schema, inserted_at, updated_at) values
  ('${credentials.dhis}', 'DHIS2', '${users.anna}', 'dhis2', ${times}),
  ('${credentials.mail}', 'Mail', '${users.ben}', 'raw', ${times});
insert into projects (id, name, description, color, env, parent_id, allow_support_access, requires_mfa, concurrency,
  retention_policy, history_retention_period, dataclip_retention_period, scheduled_deletion, version_history,
  inserted_at, updated_at) values
  ('${projects.clinic}', 'clinic', 'Visits of a clinic', '#336699', 'main', null, true, true, 4,
   'retain_with_errors', 90, 30, null, '{0000000000a1,0000000000a2,${clinicHead}}', ${times}),
  ('${projects.water}', 'water', null, null, null, null, false, false, null,
   'retain_all', null, null, '2026-09-01 00:00:00', '{}', ${times}),
  ('${projects.sandbox}', 'trial', null, '#abc', 'dev', '${projects.clinic}', false, false, null,
   'erase_all', null, null, null, '{}', '2026-02-01 10:00:00', '2026-03-02 11:00:00');
insert into project_users (id, project_id, user_id, role, digest, failure_alert, inserted_at, updated_at) values
  ('${members.annaInClinic}', '${projects.clinic}', '${users.anna}', 'owner', 'daily', true, ${times}),
  ('${members.benInClinic}', '${projects.clinic}', '${users.ben}', 'admin', 'never', false, ${times}),
  ('${members.cleoInClinic}', '${projects.clinic}', '${users.cleo}', 'viewer', 'weekly', false, ${times}),
  ('${id(3, 4)}', '${projects.water}', '${users.ben}', 'owner', 'monthly', true, ${times}),
  ('${id(3, 5)}', '${projects.sandbox}', '${users.cleo}', 'editor', 'never', true, ${times}),
  ('${id(3, 6)}', '${projects.sandbox}', '${users.anna}', 'owner', 'never', true, ${times});
insert into project_credentials values
  ('${projectCredentials.dhisInClinic}', '${projects.clinic}', '${credentials.dhis}', ${times}),
  ('${id(5, 2)}', '${projects.water}', '${credentials.mail}', ${times});
insert into keychain_credentials values
  ('${keychain}', 'By clinic', '$.clinic', '${users.ben}', '${credentials.dhis}', '${projects.clinic}', ${times});
insert into collections values ('${id(7, 1)}', 'codes', '${projects.clinic}', ${times});
insert into webhook_auth_methods (id, name, auth_type, project_id, inserted_at, updated_at) values
  ('${authMethod}', 'Partner', 'api', '${projects.clinic}', ${times});
insert into workflows (id, name, project_id, positions, concurrency, enable_job_logs, lock_version, deleted_at,
  inserted_at, updated_at) values
  ('${workflows.visits}', 'Visits', '${projects.clinic}', '{"${jobs.check}": {"x": 1, "y": 2.5}}', 2, false, 7, null, ${times}),
  ('${workflows.deleted}', 'Visits', '${projects.clinic}', null, null, true, 3, '2026-02-02 02:02:02', ${times}),
  ('${workflows.alarms}', 'Alarms', '${projects.water}', null, null, true, 1, null, ${times}),
  ('${workflows.trial}', 'Visits', '${projects.sandbox}', null, null, true, 1, null, ${times});
insert into jobs values
  ('${jobs.check}', '${workflows.visits}', 'Check', 'fn(s => s);', '@openfn/language-common@latest',
   '${projectCredentials.dhisInClinic}', null, ${fine}),
  ('${jobs.send}', '${workflows.visits}', 'Send', 'post(''/''); // "ü"', '@openfn/language-http@6.0.0',
   null, '${keychain}', '2026-03-03 12:00:02', '2026-03-03 12:00:02'),
  ('${jobs.old}', '${workflows.deleted}', 'Old', '', '@openfn/language-common@latest', null, null, ${fine}),
  ('${jobs.alarm}', '${workflows.alarms}', 'Alarm', 'fn();', '@openfn/language-common@latest', null, null, ${fine}),
  ('${jobs.trial}', '${workflows.trial}', 'Check', 'fn();', '@openfn/language-common@latest', null, null, ${fine});
insert into triggers (id, workflow_id, type, enabled, comment, custom_path, cron_expression, cron_cursor_job_id,
  webhook_reply, webhook_response_config, kafka_configuration, inserted_at, updated_at) values
  ('${triggers.webhook}', '${workflows.visits}', 'webhook', true, 'from the app', 'visits', null, null,
   'after_completion', '{"success_code": 201}', null, ${times}),
  ('${triggers.kafka}', '${workflows.visits}', 'kafka', false, null, null, null, null, null, null,
   '{"hosts": [["kafka.example.org", "9092"]], "topics": ["t"], "username": "secret-kafka-user",
     "password": "secret-kafka-password"}', ${times}),
  ('${triggers.cron}', '${workflows.alarms}', 'cron', true, null, null, '0 6 * * *', '${jobs.alarm}',
   null, null, null, ${times});
insert into trigger_webhook_auth_methods values ('${triggers.webhook}', '${authMethod}');
insert into workflow_edges values
  ('${edges.first}', '${workflows.visits}', null, '${triggers.webhook}', '${jobs.check}', 'always', null, null, true, ${times}),
  ('${edges.second}', '${workflows.visits}', '${jobs.check}', null, '${jobs.send}', 'js_expression', 'state.ok', 'if ok',
   false, ${times}),
  ('${edges.cron}', '${workflows.alarms}', null, '${triggers.cron}', '${jobs.alarm}', 'always', null, null, true, ${times});
insert into workflow_versions (id, workflow_id, hash, source, inserted_at) values
  ('${id(13, 1)}', '${workflows.visits}', '0000000000b1', 'cli', '2026-03-03 12:00:00.000001'),
  ('${id(13, 2)}', '${workflows.visits}', '0000000000b2', 'app', '2026-03-03 12:00:00.000002'),
  ('${id(13, 3)}', '${workflows.deleted}', '0000000000c1', 'app', '2026-02-01 00:00:00');
insert into workflow_snapshots values
  ('${snapshot}', '${workflows.visits}', 'Visits', 7, null, array['{"id": "${jobs.check}", "body": "fn(s => s);"}']::jsonb[],
   array['{"id": "${triggers.webhook}", "type": "webhook"}',
         '{"id": "${triggers.kafka}", "kafka_configuration": {"topics": ["t"], "password": "secret-kafka-password"}}']::jsonb[],
   '{}', '2026-03-03 12:00:00.123456');
insert into dataclips values
  ('${dataclips.input}', '${projects.clinic}', null, 'http_request', '{"n": 12345678901234567890.5, "deep": [{"a": null}]}',
   '{"headers": {"x": "y"}}', null, ${fine}),
  ('${dataclips.output}', '${projects.clinic}', null, 'step_result', '{}', null, null, ${fine}),
  ('${dataclips.wiped}', '${projects.clinic}', null, 'step_result', null, null, '2026-03-05 00:00:00', ${fine}),
  ('${dataclips.named}', '${projects.water}', 'an example', 'saved_input', '[1, "zwei"]', null, null, ${fine});
insert into work_orders values
  ('${workOrder}', '${workflows.visits}', '${snapshot}', '${triggers.webhook}', '${dataclips.input}', 'running',
   '2026-03-03 12:00:03.5', ${fine});
insert into runs values
  ('${run}', '${workOrder}', '${snapshot}', null, '${triggers.webhook}', '${dataclips.input}', 'started', 0,
   '2026-03-03 12:00:01', '2026-03-03 12:00:02', null, '2026-03-03 12:00:00.123456');
insert into steps values
  ('${steps.check}', '${jobs.check}', '${snapshot}', '${dataclips.input}', '${dataclips.output}', 'success',
   '2026-03-03 12:00:02', '2026-03-03 12:00:03', ${fine}),
  ('${steps.send}', '${id(10, 99)}', null, '${dataclips.output}', '${dataclips.wiped}', null,
   '2026-03-03 12:00:03', null, ${fine});
insert into run_steps values
  ('${id(19, 1)}', '${run}', '${steps.check}', '2026-03-03 12:00:02'),
  ('${id(19, 2)}', '${run}', '${steps.send}', '2026-03-03 12:00:03');
insert into log_lines values
  ('${id(20, 1)}', '${run}', '${steps.check}', '2026-03-03 12:00:02.000001', 'R/T', 'info', 'Starting'),
  ('${id(20, 2)}', '${run}', '${steps.check}', '2026-03-03 12:00:02.000002', 'JOB', 'success', E'two\\nlines \\u00fc'),
  ('${id(20, 3)}', '${run}', null, '2026-03-03 12:00:02.000003', null, 'always', '');
`;
