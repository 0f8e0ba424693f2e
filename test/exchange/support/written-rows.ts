import { rows } from '../../support/rows.ts';
import type { TestService } from '../../support/service.ts';

const TABLES = [
  'projects',
  'project_heads',
  'project_users',
  'users',
  'credentials',
  'project_credentials',
  'collections',
  'workflows',
  'jobs',
  'triggers',
  'workflow_edges',
  'workflow_versions',
  'workflow_snapshots',
  'events',
  'audit_events',
  'idempotency_keys',
];

/** How many rows there are of everything that an import may write. */
export async function countRows(service: TestService): Promise<Record<string, number>> {
  const counts = TABLES.map((table) => `(select count(*)::int from ${table}) as ${table}`);
  const [row] = await rows<Record<string, number>>(service, `select ${counts.join(', ')}`);
  if (row === undefined) throw new Error('a query without a from clause gave no row');
  return row;
}
