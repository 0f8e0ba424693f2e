import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  type GetProjectResponse,
  ProjectsService,
} from '../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { type Child, startChild } from './support/child.ts';
import { openBenchDatabase } from './support/database.ts';
import { bearer, Connection, tokenEnv, unary } from './support/grpc.ts';
import {
  interleaved,
  type Load,
  load,
  median,
  ratio,
  report,
  rounded,
  undisturbed,
} from './support/measure.ts';
import { seedUser } from './support/seed.ts';

const PROJECTS = 1000;
const ROUNDS = 15;
const SLICE_MS = 700;
const WARM_UP_MS = 4000;

type GetById = (request: { readonly id: string }) => Promise<GetProjectResponse>;

/**
 * GetProject by a member, with authentication, authorization, validation and log, against a hand-written grpc-js
 * server with one prepared statement and none of these, which answers the same message. Target: 0.8 of its requests/s.
 */
export async function getProjectFigure(): Promise<void> {
  await using database = await openBenchDatabase();
  const user = await seedUser(database.client);
  const ids = Array.from({ length: PROJECTS }, () => randomUUID());
  await database.client.query(
    `with p as (insert into projects (id, name, env, head_hash) select id, 'project-' || n, 'main', '4f53cda18c2b'
       from unnest($1::uuid[]) with ordinality as new (id, n) returning id)
     insert into project_users (project_id, user_id, role) select id, '${user}', 'owner' from p`,
    [ids],
  );
  await database.client.query('vacuum analyze');

  const env = { DATABASE_URL: database.url, ...tokenEnv };
  await using service = await startChild(new URL('./support/service-process.ts', import.meta.url), env);
  await using peer = await startChild(new URL('./peers/get-project-peer.ts', import.meta.url), env);
  using toService = new Connection(service.ready.grpc ?? '');
  using toPeer = new Connection(peer.ready.grpc ?? '');
  const askService = unary(toService, ProjectsService.method.getProject, await bearer(user));
  const askPeer = unary(toPeer, ProjectsService.method.getProject);
  await requireSameAnswer(askService, askPeer, ids[0] ?? '');

  const sides = {
    service: { call: overAll(ids, askService), child: service },
    peer: { call: overAll(ids, askPeer), child: peer },
  };
  // Both sides reach their compiled code before anything counts.
  for (const { call } of Object.values(sides)) await load(call, 64, WARM_UP_MS);
  for (const inFlight of [1, 16, 128]) {
    const slices = await interleaved(ROUNDS, {
      service: () => slice(sides.service, inFlight),
      peer: () => slice(sides.peer, inFlight),
    });
    report('get_project', {
      in_flight: inFlight,
      requests_per_second: rounded(median(slices.service.map(rate))),
      peer_requests_per_second: rounded(median(slices.peer.map(rate))),
      ratio: rounded(ratio(slices.service.map(rate), slices.peer.map(rate))),
      target: 0.8,
      undisturbed_ms: rounded(undisturbed(latencies(slices.service))),
      peer_undisturbed_ms: rounded(undisturbed(latencies(slices.peer))),
      cpu_us_per_request: rounded(median(slices.service.map(cpu))),
      peer_cpu_us_per_request: rounded(median(slices.peer.map(cpu))),
    });
  }
}

interface Slice extends Load {
  readonly cpuSeconds: number;
}

async function slice(
  side: { readonly call: () => Promise<unknown>; readonly child: Child },
  inFlight: number,
): Promise<Slice> {
  const before = await side.child.usage();
  const result = await load(side.call, inFlight, SLICE_MS);
  const after = await side.child.usage();
  return { ...result, cpuSeconds: after.cpuSeconds - before.cpuSeconds };
}

function rate({ calls, seconds }: Slice): number {
  return calls / seconds;
}

/** Microseconds of CPU a call. */
function cpu({ calls, cpuSeconds }: Slice): number {
  return (cpuSeconds / calls) * 1e6;
}

function latencies(slices: readonly Slice[]): number[] {
  return slices.flatMap((slice) => slice.latencies);
}

/** Asks for one project after the other. */
function overAll(ids: readonly string[], ask: GetById): () => Promise<unknown> {
  let next = 0;
  return () => {
    next += 1;
    return ask({ id: ids[next % ids.length] ?? '' });
  };
}

async function requireSameAnswer(one: GetById, other: GetById, id: string): Promise<void> {
  const answers = await Promise.all([one({ id }), other({ id })]);
  if (!isDeepStrictEqual(...answers)) throw new Error('the peer answers something else');
}
