import { isDeepStrictEqual } from 'node:util';
import type { Client } from 'pg';
import { ProjectsService } from '../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { provisionByHand } from './peers/provision-sandbox-peer.ts';
import { startChild } from './support/child.ts';
import { openBenchDatabase } from './support/database.ts';
import { bearer, Connection, tokenEnv, unary } from './support/grpc.ts';
import { atMost, interleaved, median, ratio, report, timed } from './support/measure.ts';
import { seedProject, seedUser } from './support/seed.ts';

const ROUNDS = 5;
const SIZE = { bodyBytes: 300, versions: 3 };

/**
 * ProvisionSandbox of 1,000 workflows of 10 jobs against the same clone as one script of bare SQL; and of 100, 1,000
 * and 10,000 workflows, where the time of each has to stay the same. Target: at most 1.3 times as long.
 */
export async function provisionSandboxFigure(): Promise<void> {
  await using database = await openBenchDatabase();
  const { client } = database;
  const user = await seedUser(client);
  await using service = await startChild(new URL('./support/service-process.ts', import.meta.url), {
    DATABASE_URL: database.url,
    ...tokenEnv,
  });
  using connection = new Connection(service.ready.grpc ?? '');
  const ask = unary(connection, ProjectsService.method.provisionSandbox, await bearer(user));

  for (const workflows of [100, 1000, 10_000]) {
    const parentId = await seedProject(client, user, { ...SIZE, workflows });
    const provision = async (name: string) => (await ask({ parentId, name })).project?.id ?? '';
    const byHand = (name: string) => provisionByHand(client, parentId, user, name);
    // Both sides once for nothing, and to see that they write the same.
    await requireSameRows(client, await provision('first'), await byHand('first-by-hand'));
    await client.query('vacuum analyze');
    const ms = await interleaved(ROUNDS, {
      service: (round) => timed(() => provision(`sandbox-${round}`)),
      peer: (round) => timed(() => byHand(`by-hand-${round}`)),
    });
    report(
      'provision_sandbox',
      {
        workflows,
        seconds: median(ms.service) / 1000,
        peer_seconds: median(ms.peer) / 1000,
        max_seconds: Math.max(...ms.service) / 1000,
        ms_per_workflow: median(ms.service) / workflows,
      },
      atMost(`times the bare SQL, ${workflows} workflows`, ratio(ms.service, ms.peer), 1.3),
    );
  }
}

async function requireSameRows(client: Client, one: string, other: string): Promise<void> {
  const [rows, others] = [await rowCounts(client, one), await rowCounts(client, other)];
  if (!isDeepStrictEqual(rows, others)) {
    throw new Error(`the peer writes something else: ${JSON.stringify({ rows, others })}`);
  }
}

/** How many rows of each table belong to a sandbox. */
async function rowCounts(client: Client, sandbox: string): Promise<unknown> {
  const ofWorkflows = (table: string) =>
    `(select count(*) from ${table} r join workflows w on w.id = r.workflow_id where w.project_id = $1) as ${table}`;
  const ofProject = (table: string, column = 'project_id') =>
    `(select count(*) from ${table} where ${column} = $1) as ${table}`;
  const tables = [
    ...['jobs', 'triggers', 'workflow_edges', 'workflow_versions', 'workflow_snapshots'].map(ofWorkflows),
    ...['workflows', 'project_users', 'project_credentials', 'keychain_credentials', 'project_heads'].map(
      (table) => ofProject(table),
    ),
    ofProject('events'),
    ofProject('audit_events'),
    ofProject('sandbox_lineage', 'sandbox_id'),
  ];
  const { rows } = await client.query(`select ${tables.join(', ')}`, [sandbox]);
  return rows[0];
}
