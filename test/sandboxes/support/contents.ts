import { rows } from '../../support/rows.ts';
import type { TestService } from '../../support/service.ts';

type Row = Readonly<Record<string, unknown>>;

/** A row of the parent and its copy in the sandbox, as JSON. */
export interface CopiedRow {
  readonly source: Row;
  readonly copy: Row;
}

const tables = {
  workflow: 'workflows',
  job: 'jobs',
  trigger: 'triggers',
  edge: 'workflow_edges',
  keychain: 'keychain_credentials',
} as const;

/** The copies of one kind, in the order in which lists show them. */
export async function copies(
  service: TestService,
  sandboxId: string,
  kind: keyof typeof tables,
): Promise<CopiedRow[]> {
  return await rows<{ source: Row; copy: Row }>(
    service,
    `select to_jsonb(source) as source, to_jsonb(copy) as copy
     from sandbox_lineage lineage
     join ${tables[kind]} source on source.id = lineage.source_id
     join ${tables[kind]} copy on copy.id = lineage.copy_id
     where lineage.sandbox_id = $1 and lineage.kind = $2
     order by copy.inserted_at, copy.id`,
    [sandboxId, kind],
  );
}

/** Id of a row in the parent → id of its copy, for every kind. */
export async function copyIds(service: TestService, sandboxId: string): Promise<Map<unknown, unknown>> {
  const found = await rows<{ source_id: string; copy_id: string }>(
    service,
    'select source_id, copy_id from sandbox_lineage where sandbox_id = $1',
    [sandboxId],
  );
  const credentials = await rows<{ source_id: string; copy_id: string }>(
    service,
    `select source.id as source_id, copy.id as copy_id
     from projects sandbox
     join project_credentials source on source.project_id = sandbox.parent_id
     join project_credentials copy on copy.project_id = sandbox.id and copy.credential_id = source.credential_id
     where sandbox.id = $1`,
    [sandboxId],
  );
  return new Map<unknown, unknown>([
    [null, null],
    ...[...found, ...credentials].map((row): [string, string] => [row.source_id, row.copy_id]),
  ]);
}

/** How many rows of every table belong to a project; tables without any are left out. */
export async function sizes(service: TestService, projectId: string): Promise<Record<string, number>> {
  const workflow = 'select id from workflows where project_id = $1';
  const conditions: Readonly<Record<string, string>> = {
    project_users: 'project_id = $1',
    project_credentials: 'project_id = $1',
    keychain_credentials: 'project_id = $1',
    webhook_auth_methods: 'project_id = $1',
    project_heads: 'project_id = $1',
    collections: 'project_id = $1',
    project_files: 'project_id = $1',
    dataclips: 'project_id = $1',
    invitations: 'project_id = $1',
    workflows: 'project_id = $1',
    jobs: `workflow_id in (${workflow})`,
    triggers: `workflow_id in (${workflow})`,
    workflow_edges: `workflow_id in (${workflow})`,
    workflow_versions: `workflow_id in (${workflow})`,
    workflow_snapshots: `workflow_id in (${workflow})`,
    work_orders: `workflow_id in (${workflow})`,
    trigger_webhook_auth_methods: `trigger_id in (select id from triggers where workflow_id in (${workflow}))`,
    runs: `work_order_id in (select id from work_orders where workflow_id in (${workflow}))`,
    sandbox_lineage: 'sandbox_id = $1',
  };
  const counts = Object.entries(conditions).map(
    ([table, condition]) =>
      `select '${table}' as name, count(*)::int as size from ${table} where ${condition}`,
  );
  const found = await rows<{ name: string; size: number }>(service, counts.join(' union all '), [projectId]);
  return Object.fromEntries(found.filter(({ size }) => size > 0).map(({ name, size }) => [name, size]));
}
