import { randomBytes, randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import { ProjectsService } from '../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { appendByHand } from './peers/append-project-head-peer.ts';
import { startChild } from './support/child.ts';
import { openBenchDatabase } from './support/database.ts';
import { bearer, Connection, tokenEnv, unary } from './support/grpc.ts';
import { atMost, median, ratio, report, undisturbedRounds } from './support/measure.ts';
import { seedUser } from './support/seed.ts';

/** Heads that the history holds before anything is appended. */
const SIZES = [10, 1000, 100_000] as const;
const ROUNDS = 9;
const SLICE_MS = 500;
const WARM_UP_MS = 1500;

/**
 * AppendProjectHead of a new head to a history of 10, 1,000 and 100,000 heads, each with its transaction, event and audit
 * row, against the same as prepared statements. Target: with 100,000 within 1.2 of what it takes with 10.
 */
export async function appendProjectHeadFigure(): Promise<void> {
  await using database = await openBenchDatabase();
  const { client } = database;
  const user = await seedUser(client);
  const projectIds: string[] = [];
  for (const heads of SIZES) projectIds.push(await projectOf(client, user, heads));
  await client.query('vacuum analyze');
  await using service = await startChild(new URL('./support/service-process.ts', import.meta.url), {
    DATABASE_URL: database.url,
    ...tokenEnv,
  });
  using connection = new Connection(service.ready.grpc ?? '');
  const ask = unary(connection, ProjectsService.method.appendProjectHead, await bearer(user));

  const calls: Record<string, () => Promise<unknown>> = {};
  for (const [index, heads] of SIZES.entries()) {
    const projectId = projectIds[index] ?? '';
    calls[`${heads}`] = async () => {
      const { appended } = await ask({ projectId, headHash: newHash() });
      if (!appended) throw new Error('nothing was appended');
    };
    calls[`peer ${heads}`] = () => appendByHand(client, projectId, newHash());
  }
  const slices = await undisturbedRounds(calls, { rounds: ROUNDS, sliceMs: SLICE_MS, warmUpMs: WARM_UP_MS });
  const of = (name: string) => slices[name] ?? [];
  for (const heads of SIZES) {
    const ms = of(`${heads}`);
    report(
      'append_project_head',
      { heads, ms: median(ms), peer_ms: median(of(`peer ${heads}`)), max_ms: Math.max(...ms) },
      ...(heads === 100_000
        ? [atMost('times as long as to a history of 10 heads', ratio(ms, of('10')), 1.2)]
        : []),
    );
  }
}

async function projectOf(client: Client, ownerId: string, heads: number): Promise<string> {
  const id = randomUUID();
  await client.query(
    `with p as (insert into projects (id, name, env) values ($1, 'heads-' || $3::int, 'main') returning id),
     m as (insert into project_users (project_id, user_id, role) select id, $2, 'owner' from p)
     insert into project_heads (project_id, position, hash)
     select id, n, left(md5(id::text || n), 12) from p, generate_series(1, $3::int) n`,
    [id, ownerId, heads],
  );
  return id;
}

function newHash(): string {
  return randomBytes(6).toString('hex');
}
