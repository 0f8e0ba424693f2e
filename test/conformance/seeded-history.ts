import { rows } from '../support/rows.ts';
import type { TestService } from '../support/service.ts';
import { ownId, seededProjectId } from './actors.ts';

const [userId, credentialId, workflowId, snapshotId, jobId, triggerId] = [60, 61, 62, 63, 64, 65].map(ownId);
const [dataclipId, workOrderId, runId, stepId] = [66, 67, 68, 69].map(ownId);
const time = `'2026-03-01 10:00:00.123456+00'`;

/** Makes a project with one of everything that a service can read and not all clients can write. */
export async function seedHistory(service: TestService): Promise<void> {
  const statements = [
    `insert into projects (id, name, retention_policy) values ('${seededProjectId}', 'history', 'retain_with_errors')`,
    `insert into users (id, email, first_name) values ('${userId}', 'keeper@example.org', 'Käthe')`,
    `insert into credentials (id, user_id, name, schema) values ('${credentialId}', '${userId}', 'DHIS2', 'dhis2')`,
    `insert into project_credentials (id, project_id, credential_id)
       values ('${ownId(70)}', '${seededProjectId}', '${credentialId}')`,
    `insert into project_files (id, project_id, created_by_id, type, path, size, status)
       values ('${ownId(71)}', '${seededProjectId}', '${userId}', 'archive', 'a.zip', 9007199254740993, 'completed')`,
    `insert into workflows (id, project_id, name) values ('${workflowId}', '${seededProjectId}', 'sync')`,
    `insert into workflow_snapshots (id, workflow_id, lock_version, name)
       values ('${snapshotId}', '${workflowId}', 1, 'sync')`,
    `insert into jobs (id, workflow_id, name, body, adaptor, project_credential_id)
       values ('${jobId}', '${workflowId}', 'fetch ☕', 'get("größer");', 'http', '${ownId(70)}')`,
    `insert into triggers (id, workflow_id, type, kafka_configuration, webhook_reply, webhook_response_config)
       values ('${triggerId}', '${workflowId}', 'kafka', '{"hosts": [["localhost", "9092"]], "topics": ["a"],
         "connect_timeout": 30, "ssl": true, "username": "u", "password": "p"}', 'custom',
         '{"list": [1.5, null, {"a": false}]}')`,
    `insert into workflow_edges (id, workflow_id, source_trigger_id, target_job_id, condition_type,
       condition_expression) values ('${ownId(72)}', '${workflowId}', '${triggerId}', '${jobId}', 'js_expression', '!a')`,
    `insert into dataclips (id, project_id, name, type, body, wiped_at, inserted_at)
       values ('${dataclipId}', '${seededProjectId}', 'Größe', 'saved_input', '{"a": 1}', ${time}, ${time})`,
    `insert into work_orders (id, workflow_id, snapshot_id, trigger_id, dataclip_id, state, inserted_at, last_activity)
       values ('${workOrderId}', '${workflowId}', '${snapshotId}', '${triggerId}', '${dataclipId}', 'rejected',
         ${time}, ${time})`,
    `insert into runs (id, work_order_id, snapshot_id, starting_job_id, dataclip_id, state, priority, started_at,
       finished_at, inserted_at) values ('${runId}', '${workOrderId}', '${snapshotId}', '${jobId}', '${dataclipId}',
       'killed', 0, ${time}, ${time}, ${time})`,
    `insert into steps (id, job_id, snapshot_id, input_dataclip_id, exit_reason, started_at, inserted_at)
       values ('${stepId}', '${jobId}', '${snapshotId}', '${dataclipId}', 'kill', ${time}, ${time})`,
    `insert into run_steps (id, run_id, step_id) values ('${ownId(73)}', '${runId}', '${stepId}')`,
  ];
  for (const statement of statements) await rows(service, statement);
}
