import { KAFKA_SECRETS } from '../workflows/kafka-configuration.ts';
import type { AdoptedColumn, AdoptedReference, AdoptedTable } from './adopted-table.ts';
import { credentialWasDeleted, ownerWasRemoved } from './removed-here.ts';

const uuid: AdoptedColumn = { type: 'uuid' };
const text: AdoptedColumn = { type: 'text' };
const integer: AdoptedColumn = { type: 'integer' };
const json: AdoptedColumn = { type: 'jsonb' };
const moment: AdoptedColumn = { type: 'timestamptz' };
const timestamps = { inserted_at: moment, updated_at: moment };

/** A column that Lightning got later, or will. */
const newer = (column: AdoptedColumn, absent = 'null'): AdoptedColumn => ({ ...column, absent });
/** A column that may be null there and is not here. */
const filled = (name: string, type: string, fallback: string): AdoptedColumn => ({
  type,
  from: `coalesce(${name}, ${fallback})`,
  needs: [name],
});
const among = (...values: readonly string[]): AdoptedColumn => ({ type: 'text', among: values });

const leave = (column: string, table: string, same?: string): AdoptedReference => ({
  column,
  table,
  otherwise: 'leave',
  ...(same === undefined ? {} : { same }),
});
const clear = (column: string, table: string, same?: string): AdoptedReference => ({
  ...leave(column, table, same),
  otherwise: 'clear',
});

const orNull = (reference: AdoptedReference): AdoptedReference => ({ ...reference, nullable: true });

const NAME_TAKEN = 'another one has its name';
/** Of Lightning's secrets these lie beside what is no secret; nothing else reads a column with one. */
const SECRETS = `array[${KAFKA_SECRETS.map((field) => `'${field}'`).join()}]`;
const OLDEST_FIRST = 'inserted_at, id';

/** What stands by itself, in the order of their references. */
export const users: AdoptedTable = {
  name: 'users',
  columns: {
    id: uuid,
    email: text,
    first_name: filled('first_name', 'text', `''`),
    last_name: filled('last_name', 'text', `''`),
    role: among('user', 'superuser'),
    support_user: newer(filled('support_user', 'boolean', 'false'), 'false'),
    disabled: filled('disabled', 'boolean', 'false'),
    placeholder: { type: 'boolean', from: 'false' },
    ...timestamps,
  },
  references: [],
  uniques: [{ columns: ['email'], lower: true, reason: 'another user has its address' }],
  order: OLDEST_FIRST,
};

export const credentials: AdoptedTable = {
  name: 'credentials',
  columns: {
    id: uuid,
    user_id: uuid,
    name: text,
    schema: filled('schema', 'text', `'raw'`),
    oauth_client_id: newer(uuid),
    ...timestamps,
  },
  references: [leave('user_id', 'users')],
  refused: { when: credentialWasDeleted, reason: 'it was deleted here' },
  order: OLDEST_FIRST,
};

export const projects: AdoptedTable = {
  name: 'projects',
  columns: {
    id: uuid,
    name: text,
    description: text,
    color: newer(text),
    env: newer(text),
    parent_id: newer(uuid),
    allow_support_access: newer(filled('allow_support_access', 'boolean', 'false'), 'false'),
    requires_mfa: filled('requires_mfa', 'boolean', 'false'),
    concurrency: newer(integer),
    retention_policy: among('retain_all', 'retain_with_errors', 'erase_all'),
    history_retention_period: integer,
    dataclip_retention_period: integer,
    scheduled_deletion: moment,
    // Whoever cancels the deletion clears the dates that it set: Lightning sets none below a project.
    scheduled_deletion_root_id: {
      type: 'uuid',
      from: 'case when scheduled_deletion is not null then id end',
      needs: ['scheduled_deletion', 'id'],
    },
    ...timestamps,
  },
  references: [orNull(leave('parent_id', 'projects'))],
  uniques: [{ columns: ['parent_id', 'name'], where: ['parent_id', 'is not null'], reason: NAME_TAKEN }],
  project: 'id',
  order: OLDEST_FIRST,
};

export const members: AdoptedTable = {
  name: 'project_users',
  columns: {
    id: uuid,
    project_id: uuid,
    user_id: uuid,
    role: among('viewer', 'editor', 'admin', 'owner'),
    digest: {
      ...filled('digest', 'text', `'never'`),
      from: `coalesce(digest::text, 'never')`,
      among: ['never', 'daily', 'weekly', 'monthly'],
    },
    failure_alert: filled('failure_alert', 'boolean', 'false'),
    ...timestamps,
  },
  references: [leave('project_id', 'projects'), leave('user_id', 'users')],
  uniques: [{ columns: ['project_id', 'user_id'], reason: 'the user is a member already' }],
  project: 'project_id',
};

/** Lightning keeps a project's heads in an array, the oldest first, and not when each of them came. */
export const heads: AdoptedTable = {
  name: 'project_heads',
  source: 'projects',
  lateral:
    'cross join lateral unnest(version_history::text[]) with ordinality as head (head_hash, head_position)',
  key: ['project_id', 'hash'],
  columns: {
    project_id: { type: 'uuid', from: 'id', needs: ['id'] },
    position: { type: 'integer', from: 'head_position' },
    hash: { type: 'text', from: 'head_hash', needs: ['version_history'], absent: `'{}'` },
    inserted_at: { type: 'timestamptz', from: 'updated_at', needs: ['updated_at'] },
  },
  references: [leave('project_id', 'projects')],
  uniques: [
    { columns: ['project_id', 'hash'], reason: 'the history has it already' },
    { columns: ['project_id', 'position'], reason: 'the history here went on without it' },
  ],
  project: 'project_id',
  order: 'head_position',
};

const projectOfWorkflow = '(select project_id from workflows where id = workflow_id)';

export const workflows: AdoptedTable = {
  name: 'workflows',
  columns: {
    id: uuid,
    project_id: uuid,
    name: text,
    positions: newer(json),
    concurrency: newer(integer),
    enable_job_logs: newer(filled('enable_job_logs', 'boolean', 'true'), 'true'),
    lock_version: filled('lock_version', 'integer', '1'),
    deleted_at: moment,
    ...timestamps,
  },
  references: [leave('project_id', 'projects')],
  uniques: [{ columns: ['project_id', 'name'], where: ['deleted_at', 'is null'], reason: NAME_TAKEN }],
  project: 'project_id',
  order: OLDEST_FIRST,
};

export const jobs: AdoptedTable = {
  name: 'jobs',
  columns: {
    id: uuid,
    workflow_id: uuid,
    name: text,
    body: filled('body', 'text', `''`),
    adaptor: text,
    project_credential_id: uuid,
    keychain_credential_id: newer(uuid),
    ...timestamps,
  },
  references: [
    leave('workflow_id', 'workflows'),
    clear('project_credential_id', 'project_credentials'),
    clear('keychain_credential_id', 'keychain_credentials'),
  ],
  project: projectOfWorkflow,
};

export const triggers: AdoptedTable = {
  name: 'triggers',
  columns: {
    id: uuid,
    workflow_id: uuid,
    type: among('webhook', 'cron', 'kafka'),
    enabled: filled('enabled', 'boolean', 'true'),
    comment: text,
    custom_path: text,
    cron_expression: text,
    cron_cursor_job_id: newer(uuid),
    webhook_reply: newer(text),
    webhook_response_config: newer(json),
    kafka_configuration: {
      type: 'jsonb',
      from: `case when jsonb_typeof(to_jsonb(kafka_configuration)) = 'object'
               then to_jsonb(kafka_configuration) - ${SECRETS} end`,
      needs: ['kafka_configuration'],
    },
    ...timestamps,
  },
  references: [leave('workflow_id', 'workflows'), clear('cron_cursor_job_id', 'jobs', 'workflow_id')],
  uniques: [
    {
      columns: ['custom_path'],
      where: ['custom_path', 'is not null'],
      reason: 'another trigger has its path',
    },
  ],
  project: projectOfWorkflow,
};

export const triggerAuthMethods: AdoptedTable = {
  name: 'trigger_webhook_auth_methods',
  key: ['trigger_id', 'webhook_auth_method_id'],
  columns: { trigger_id: uuid, webhook_auth_method_id: uuid },
  references: [leave('trigger_id', 'triggers'), leave('webhook_auth_method_id', 'webhook_auth_methods')],
  project:
    '(select project_id from triggers join workflows on workflows.id = workflow_id where triggers.id = trigger_id)',
};

export const edges: AdoptedTable = {
  name: 'workflow_edges',
  columns: {
    id: uuid,
    workflow_id: uuid,
    source_job_id: uuid,
    source_trigger_id: uuid,
    target_job_id: uuid,
    condition_type: among('always', 'on_job_success', 'on_job_failure', 'js_expression'),
    condition_expression: text,
    condition_label: text,
    enabled: filled('enabled', 'boolean', 'true'),
    ...timestamps,
  },
  references: [
    leave('workflow_id', 'workflows'),
    orNull(leave('source_job_id', 'jobs', 'workflow_id')),
    orNull(leave('source_trigger_id', 'triggers', 'workflow_id')),
    leave('target_job_id', 'jobs', 'workflow_id'),
  ],
  project: projectOfWorkflow,
};

export const versions: AdoptedTable = {
  name: 'workflow_versions',
  columns: { id: uuid, workflow_id: uuid, hash: text, source: among('app', 'cli'), inserted_at: moment },
  references: [leave('workflow_id', 'workflows')],
  project: projectOfWorkflow,
};

/** What a project has beside its workflows. */
export const projectTables: readonly AdoptedTable[] = [
  {
    name: 'project_credentials',
    columns: { id: uuid, project_id: uuid, credential_id: uuid, ...timestamps },
    references: [leave('project_id', 'projects'), leave('credential_id', 'credentials')],
    uniques: [{ columns: ['project_id', 'credential_id'], reason: 'the project has the credential already' }],
    refused: { when: ownerWasRemoved, reason: 'its owner was removed here' },
    project: 'project_id',
    order: OLDEST_FIRST,
  },
  {
    name: 'keychain_credentials',
    columns: {
      id: uuid,
      project_id: uuid,
      name: text,
      path: text,
      default_credential_id: uuid,
      created_by_id: uuid,
      ...timestamps,
    },
    references: [
      leave('project_id', 'projects'),
      clear('default_credential_id', 'credentials'),
      clear('created_by_id', 'users'),
    ],
    uniques: [{ columns: ['project_id', 'name'], reason: NAME_TAKEN }],
    project: 'project_id',
    order: OLDEST_FIRST,
  },
  {
    name: 'collections',
    columns: { id: uuid, project_id: uuid, name: text, ...timestamps },
    references: [leave('project_id', 'projects')],
    uniques: [{ columns: ['project_id', 'name'], reason: NAME_TAKEN }],
    project: 'project_id',
    order: OLDEST_FIRST,
  },
  {
    name: 'webhook_auth_methods',
    columns: {
      id: uuid,
      project_id: uuid,
      name: text,
      type: { ...among('basic', 'api'), from: 'auth_type', needs: ['auth_type'] },
      ...timestamps,
    },
    references: [leave('project_id', 'projects')],
    uniques: [{ columns: ['project_id', 'name'], reason: NAME_TAKEN }],
    project: 'project_id',
    order: OLDEST_FIRST,
  },
];

/** Read after the workflows: their content can be large, and none of it changes. */
export const snapshots: AdoptedTable = {
  name: 'workflow_snapshots',
  columns: {
    id: uuid,
    workflow_id: uuid,
    lock_version: integer,
    name: text,
    positions: newer(json),
    jobs: { type: 'jsonb', from: `coalesce(to_jsonb(jobs), '[]')`, needs: ['jobs'] },
    triggers: {
      type: 'jsonb',
      from: `(
        select coalesce(jsonb_agg(
          case when jsonb_typeof(node -> 'kafka_configuration') = 'object'
               then node || jsonb_build_object('kafka_configuration', (node -> 'kafka_configuration') - ${SECRETS})
               else node end order by place), '[]')
        from jsonb_array_elements(to_jsonb(triggers)) with ordinality as node (node, place))`,
      needs: ['triggers'],
    },
    edges: { type: 'jsonb', from: `coalesce(to_jsonb(edges), '[]')`, needs: ['edges'] },
    inserted_at: moment,
  },
  references: [leave('workflow_id', 'workflows')],
  uniques: [{ columns: ['workflow_id', 'lock_version'], reason: 'another snapshot has its lock_version' }],
  project: projectOfWorkflow,
  order: OLDEST_FIRST,
  fetch: 20,
};

const final = ['success', 'failed', 'crashed', 'cancelled', 'killed', 'exception', 'lost'];

/** What ran: without bound, hence in the order in which it lies there. */
export const historyTables: readonly AdoptedTable[] = [
  {
    name: 'dataclips',
    columns: {
      id: uuid,
      project_id: uuid,
      name: newer(text),
      type: among('http_request', 'global', 'step_result', 'saved_input', 'kafka'),
      body: json,
      request: newer(json),
      wiped_at: newer(moment),
      ...timestamps,
    },
    references: [leave('project_id', 'projects')],
    project: 'project_id',
    // A body may have megabytes.
    fetch: 10,
  },
  {
    name: 'work_orders',
    columns: {
      id: uuid,
      workflow_id: uuid,
      snapshot_id: uuid,
      trigger_id: uuid,
      dataclip_id: uuid,
      state: among('rejected', 'pending', 'running', ...final),
      last_activity: {
        type: 'timestamptz',
        from: 'coalesce(last_activity, inserted_at)',
        needs: ['last_activity', 'inserted_at'],
      },
      ...timestamps,
    },
    references: [
      leave('workflow_id', 'workflows'),
      clear('snapshot_id', 'workflow_snapshots', 'workflow_id'),
      clear('dataclip_id', 'dataclips'),
    ],
    project: 'project_id',
  },
  {
    name: 'runs',
    columns: {
      id: uuid,
      work_order_id: uuid,
      snapshot_id: uuid,
      starting_job_id: uuid,
      starting_trigger_id: uuid,
      dataclip_id: uuid,
      state: among('available', 'claimed', 'started', ...final),
      priority: { type: 'smallint', from: 'least(coalesce(priority, 1), 1)', needs: ['priority'] },
      started_at: moment,
      finished_at: moment,
      inserted_at: moment,
      // Lightning does not say when a run changed: each of its changes sets one of these.
      updated_at: {
        type: 'timestamptz',
        from: 'greatest(inserted_at, claimed_at, started_at, finished_at)',
        needs: ['inserted_at', 'claimed_at', 'started_at', 'finished_at'],
      },
    },
    references: [
      leave('work_order_id', 'work_orders'),
      clear('snapshot_id', 'workflow_snapshots'),
      clear('dataclip_id', 'dataclips'),
    ],
    project: 'project_id',
  },
  {
    name: 'steps',
    columns: {
      id: uuid,
      job_id: uuid,
      snapshot_id: uuid,
      input_dataclip_id: uuid,
      output_dataclip_id: uuid,
      exit_reason: text,
      started_at: moment,
      finished_at: moment,
      ...timestamps,
    },
    references: [
      clear('snapshot_id', 'workflow_snapshots'),
      clear('input_dataclip_id', 'dataclips'),
      clear('output_dataclip_id', 'dataclips'),
    ],
    project: 'project_id',
  },
  {
    name: 'run_steps',
    columns: { id: uuid, run_id: uuid, step_id: uuid, inserted_at: moment },
    references: [leave('run_id', 'runs'), leave('step_id', 'steps')],
    uniques: [{ columns: ['run_id', 'step_id'], reason: 'the run has the step already' }],
    project: '(select project_id from runs where id = run_id)',
  },
  {
    name: 'log_lines',
    columns: {
      id: uuid,
      run_id: uuid,
      step_id: uuid,
      timestamp: moment,
      source: text,
      level: text,
      message: filled('message', 'text', `''`),
      inserted_at: { type: 'timestamptz', from: 'timestamp', needs: ['timestamp'] },
    },
    references: [leave('run_id', 'runs'), clear('step_id', 'steps')],
    project: '(select project_id from runs where id = run_id)',
  },
];

/** All of them, in the order in which they are adopted. */
export const adoptedTables: readonly AdoptedTable[] = [
  users,
  credentials,
  projects,
  members,
  heads,
  ...projectTables,
  workflows,
  jobs,
  triggers,
  triggerAuthMethods,
  edges,
  versions,
  snapshots,
  ...historyTables,
];
