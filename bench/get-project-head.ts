import pg from 'pg';
import { ProjectsService } from '../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { headByHand } from './peers/get-project-head-peer.ts';
import { startChild } from './support/child.ts';
import { openBenchDatabase } from './support/database.ts';
import { bearer, Connection, tokenEnv, unary } from './support/grpc.ts';
import { atMost, median, ratio, report, undisturbedRounds } from './support/measure.ts';
import { keepHeads, seedProject, seedUser } from './support/seed.ts';

/** Workflows, and versions of each. */
const SIZES = [
  [100, 10],
  [1000, 10],
  [1000, 1000],
  [10_000, 100],
] as const;
const ROUNDS = 9;
const SLICE_MS = 700;
const WARM_UP_MS = 2000;

/**
 * GetProjectHead of projects of 100 to 10,000 workflows with up to 1,000 versions each, as the service keeps it and where
 * it has to be computed, since somebody else has written versions; against computing it by one prepared statement on a
 * connection. Targets: with 1,000 versions within 1.2 of what it takes with 10; with a million versions within 1.3 of the
 * statement.
 */
export async function getProjectHeadFigure(): Promise<void> {
  await using database = await openBenchDatabase();
  const { client } = database;
  const user = await seedUser(client);
  const own = new pg.Client({ connectionString: database.url });
  await own.connect();
  await using _own = { [Symbol.asyncDispose]: () => own.end() };
  await using service = await startChild(new URL('./support/service-process.ts', import.meta.url), {
    DATABASE_URL: database.url,
    ...tokenEnv,
  });
  using connection = new Connection(service.ready.grpc ?? '');
  const getProjectHead = unary(connection, ProjectsService.method.getProjectHead, await bearer(user));

  const computing: Record<string, () => Promise<unknown>> = {};
  const keeping: Record<string, () => Promise<unknown>> = {};
  for (const [workflows, versions] of SIZES) {
    const projectId = await seedProject(client, user, { workflows, bodyBytes: 0, versions });
    const service = () => getProjectHead({ projectId });
    const peer = () => headByHand(own, projectId);
    if ((await service()).headHash !== (await peer())) throw new Error('the peer answers something else');
    computing[nameOf(workflows, versions)] = service;
    for (const calls of [computing, keeping]) calls[`peer ${nameOf(workflows, versions)}`] = peer;
    keeping[nameOf(workflows, versions)] = service;
  }
  const pace = { rounds: ROUNDS, sliceMs: SLICE_MS, warmUpMs: WARM_UP_MS };
  const computed = await undisturbedRounds(computing, pace);
  await keepHeads(client);
  const kept = await undisturbedRounds(keeping, pace);

  const of = (workflows: number, versions: number) => kept[nameOf(workflows, versions)] ?? [];
  for (const [workflows, versions] of SIZES) {
    const [ms, peerMs] = [of(workflows, versions), kept[`peer ${nameOf(workflows, versions)}`] ?? []];
    report(
      'get_project_head',
      {
        workflows,
        versions_each: versions,
        ms: median(ms),
        computed_ms: median(computed[nameOf(workflows, versions)] ?? []),
        peer_ms: median(peerMs),
        max_ms: Math.max(...ms),
      },
      ...(workflows * versions === 1_000_000 && workflows > 1000
        ? [atMost('times the bare SQL, 10,000 workflows with 1,000,000 versions', ratio(ms, peerMs), 1.3)]
        : []),
    );
  }
  report(
    'get_project_head_growth',
    { workflows: 1000, versions_each: '10 and 1,000' },
    atMost('times as long with 1,000 versions of each workflow', ratio(of(1000, 1000), of(1000, 10)), 1.2),
  );
}

function nameOf(workflows: number, versions: number): string {
  return `${workflows} × ${versions}`;
}
