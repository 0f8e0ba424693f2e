import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { graph, id } from './graph-fixture.ts';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(graph);
});

afterAll(async () => {
  await client.end();
  await database.close();
});

beforeEach(async () => {
  await client.query('begin');
});

afterEach(async () => {
  await client.query('rollback');
});

const project = (assignment: string) => `update projects set ${assignment} where id = '${id('b3')}'`;
const edge = (columns: string, values: string) =>
  `insert into workflow_edges (${columns}) values (${values})`;

describe('the database refuses', () => {
  test.each([
    ['a project name in capitals', 'projects_name_check', project("name = 'Root'")],
    ['an empty project name', 'projects_name_check', project("name = ''")],
    ['a project name with a line break', 'projects_name_check', project("name = E'a\\n'")],
    ['a project name of 256 characters', 'projects_name_check', project("name = repeat('a', 256)")],
    [
      'a description of 241 characters',
      'projects_description_check',
      project("description = repeat('é', 241)"),
    ],
    ['a colour of four digits', 'projects_color_check', project("color = '#abcd'")],
    ['an env that begins with a hyphen', 'projects_env_check', project("env = '-main'")],
    ['a project that runs nothing', 'projects_concurrency_check', project('concurrency = 0')],
    ['an unknown retention policy', 'projects_retention_policy_check', project("retention_policy = 'some'")],
    [
      'a history period of 8 days',
      'projects_history_retention_period_check',
      project('history_retention_period = 8'),
    ],
    [
      'a dataclip period of 8 days',
      'projects_dataclip_retention_period_check',
      project('history_retention_period = 30, dataclip_retention_period = 8'),
    ],
    [
      'a dataclip period without a history period',
      'projects_periods_check',
      project('dataclip_retention_period = 7'),
    ],
    [
      'a dataclip period longer than the history period',
      'projects_periods_check',
      project('history_retention_period = 7, dataclip_retention_period = 14'),
    ],
    [
      'a dataclip period where everything is erased',
      'projects_periods_check',
      project("history_retention_period = 7, dataclip_retention_period = 7, retention_policy = 'erase_all'"),
    ],
    ['a project that is its own parent', 'projects_parent_check', project('parent_id = id')],
    [
      'a scheduled deletion of somebody without a date',
      'projects_scheduled_deletion_check',
      project('scheduled_deletion_root_id = id'),
    ],
    [
      'two sandboxes of one name',
      'projects_unique_child_name',
      `insert into projects (name, parent_id) values ('sandbox', '${id('b1')}')`,
    ],
    [
      'deleting a parent under its sandbox',
      'projects_parent_id_fkey',
      `delete from project_heads; delete from project_users; delete from projects where id = '${id('b1')}'`,
    ],
    [
      'a head hash in capitals',
      'project_heads_hash_check',
      `insert into project_heads values ('${id('b1')}', 2, 'AAAAAAAAAAAA')`,
    ],
    [
      'a head hash twice in a history',
      'project_heads_project_id_hash_index',
      `insert into project_heads values ('${id('b1')}', 2, 'aaaaaaaaaaaa')`,
    ],
    [
      'two heads at one position',
      'project_heads_pkey',
      `insert into project_heads values ('${id('b1')}', 1, 'bbbbbbbbbbbb')`,
    ],
    [
      'a second owner',
      'project_owner_unique_index',
      `insert into project_users (project_id, user_id, role) values ('${id('b1')}', '${id('a2')}', 'owner')`,
    ],
    [
      'a member twice',
      'project_users_project_id_user_id_index',
      `insert into project_users (project_id, user_id, role) values ('${id('b1')}', '${id('a1')}', 'viewer')`,
    ],
    ['an unknown role', 'project_users_role_check', "update project_users set role = 'boss'"],
    [
      'an e-mail address twice in another case',
      'users_email_index',
      "insert into users (email) values ('oNE@example.org')",
    ],
    [
      'a credential twice in a project',
      'project_credentials_project_id_credential_id_index',
      `insert into project_credentials (project_id, credential_id) values ('${id('b1')}', '${id('c1')}')`,
    ],
    [
      'two keychains of one name',
      'keychain_credentials_project_id_name_index',
      `insert into keychain_credentials (project_id, name, path) values ('${id('b1')}', 'chain', '$')`,
    ],
    [
      'two collections of one name',
      'collections_project_id_name_index',
      `insert into collections (project_id, name) values ('${id('b1')}', 'items')`,
    ],
    [
      'two workflows of one name',
      'workflows_project_id_name_index',
      `insert into workflows (project_id, name) values ('${id('b1')}', 'flow')`,
    ],
    [
      'a job with both kinds of credential',
      'jobs_one_credential_check',
      `update jobs set project_credential_id = '${id('c2')}', keychain_credential_id = '${id('c3')}'`,
    ],
    [
      'two triggers on one path',
      'triggers_custom_path_index',
      `update triggers set custom_path = 'hook' where id = '${id('f2')}'`,
    ],
    [
      "a cron cursor on another workflow's job",
      'triggers_cron_cursor_job_fkey',
      `update triggers set cron_cursor_job_id = '${id('e3')}' where id = '${id('f1')}'`,
    ],
    [
      "an edge to another workflow's job",
      'workflow_edges_target_job_fkey',
      edge('workflow_id, source_job_id, target_job_id', `'${id('d1')}', '${id('e1')}', '${id('e3')}'`),
    ],
    [
      "an edge from another workflow's job",
      'workflow_edges_source_job_fkey',
      edge('workflow_id, source_job_id, target_job_id', `'${id('d1')}', '${id('e3')}', '${id('e1')}'`),
    ],
    [
      "an edge from another workflow's trigger",
      'workflow_edges_source_trigger_fkey',
      edge('workflow_id, source_trigger_id, target_job_id', `'${id('d1')}', '${id('f2')}', '${id('e1')}'`),
    ],
    [
      'an edge from nowhere',
      'workflow_edges_source_check',
      edge('workflow_id, target_job_id', `'${id('d1')}', '${id('e1')}'`),
    ],
    [
      'an edge from a job and a trigger',
      'workflow_edges_source_check',
      `update workflow_edges set source_job_id = '${id('e2')}'`,
    ],
    [
      'an unknown condition',
      'workflow_edges_condition_type_check',
      "update workflow_edges set condition_type = 'maybe'",
    ],
    [
      'a version hash of 11 digits',
      'workflow_versions_hash_check',
      `insert into workflow_versions (workflow_id, hash, source) values ('${id('d1')}', 'aaaaaaaaaaa', 'app')`,
    ],
    [
      'a version from elsewhere',
      'workflow_versions_source_check',
      `insert into workflow_versions (workflow_id, hash, source) values ('${id('d1')}', 'aaaaaaaaaaaa', 'web')`,
    ],
    [
      'two snapshots of one lock_version',
      'workflow_snapshots_workflow_id_lock_version_index',
      `insert into workflow_snapshots (workflow_id, lock_version, name) values ('${id('d1')}', 1, 'x')`,
    ],
    [
      'half a digest of an invitation token',
      'invitations_token_hashes_check',
      `insert into invitations (project_id, email, role, token_hashes, expires_at)
       values ('${id('b1')}', 'y', 'viewer', '\\x01', now())`,
    ],
  ])('%s (%s)', async (_, constraint, statement) => {
    await expect(client.query(statement)).rejects.toMatchObject({ constraint });
  });

  test.each(["update audit_events set kind = 'other'", 'delete from audit_events', 'truncate audit_events'])(
    'to change what is audited: %s',
    async (statement) => {
      await expect(client.query(statement)).rejects.toThrow('audit_events is append-only');
    },
  );
});

describe('the database allows', () => {
  test.each([
    ['two roots of one name', "insert into projects (name) values ('root')"],
    [
      'sandboxes of one name under different parents',
      `insert into projects (name, parent_id) values ('sandbox', '${id('b2')}')`,
    ],
    [
      'a workflow with the name of a deleted one',
      `insert into workflows (project_id, name) values ('${id('b1')}', 'gone')`,
    ],
    ['many triggers without a path', 'update triggers set custom_path = null'],
    [
      'one hash in the histories of two projects',
      `insert into project_heads values ('${id('b2')}', 1, 'aaaaaaaaaaaa')`,
    ],
    ['a name of 255 characters', project("name = repeat('a', 255)")],
    ['a colour of eight digits', project("color = '#A0b1C2d3'")],
    [
      'a dataclip period as long as the history period',
      project('history_retention_period = 30, dataclip_retention_period = 30'),
    ],
  ])('%s', async (_, statement) => {
    await expect(client.query(statement)).resolves.toBeDefined();
  });
});
