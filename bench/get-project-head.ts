import { ProjectsService } from '../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { headByHand } from './peers/get-project-head-peer.ts';
import { startChild } from './support/child.ts';
import { openBenchDatabase } from './support/database.ts';
import { bearer, Connection, tokenEnv, unary } from './support/grpc.ts';
import { interleaved, load, median, ratio, report, rounded, undisturbed } from './support/measure.ts';
import { seedProject, seedUser } from './support/seed.ts';

const WORKFLOWS = 1000;
const ROUNDS = 9;
const SLICE_MS = 700;
const WARM_UP_MS = 2000;

/**
 * GetProjectHead of 1,000 workflows with 10 and with 1,000 versions each, against the same as one prepared statement
 * on a connection. Target: the two within 1.2 of each other.
 */
export async function getProjectHeadFigure(): Promise<void> {
  await using database = await openBenchDatabase();
  const { client } = database;
  const user = await seedUser(client);
  const few = await seedProject(client, user, { workflows: WORKFLOWS, bodyBytes: 0, versions: 10 });
  const many = await seedProject(client, user, { workflows: WORKFLOWS, bodyBytes: 0, versions: 1000 });

  await using service = await startChild(new URL('./support/service-process.ts', import.meta.url), {
    DATABASE_URL: database.url,
    ...tokenEnv,
  });
  using connection = new Connection(service.ready.grpc ?? '');
  const getProjectHead = unary(connection, ProjectsService.method.getProjectHead, await bearer(user));
  const calls = {
    few: () => getProjectHead({ projectId: few }),
    many: () => getProjectHead({ projectId: many }),
    peerFew: () => headByHand(client, few),
    peerMany: () => headByHand(client, many),
  };
  const { headHash } = await calls.many();
  if (headHash !== (await calls.peerMany())) throw new Error('the peer answers something else');

  for (const call of Object.values(calls)) await load(call, 1, WARM_UP_MS);
  const slice = (call: () => Promise<unknown>) => async () =>
    undisturbed((await load(call, 1, SLICE_MS)).latencies);
  const ms = await interleaved(ROUNDS, {
    few: slice(calls.few),
    many: slice(calls.many),
    peerFew: slice(calls.peerFew),
    peerMany: slice(calls.peerMany),
  });
  report('get_project_head', {
    workflows: WORKFLOWS,
    ms_10_versions: rounded(median(ms.few)),
    ms_1000_versions: rounded(median(ms.many)),
    ratio: rounded(ratio(ms.many, ms.few)),
    target: 1.2,
    peer_ms_10_versions: rounded(median(ms.peerFew)),
    peer_ms_1000_versions: rounded(median(ms.peerMany)),
    ratio_to_peer: rounded(ratio(ms.many, ms.peerMany)),
  });
}
