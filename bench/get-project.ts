import { isDeepStrictEqual } from 'node:util';
import {
  type GetProjectResponse,
  ProjectsService,
} from '../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { startChild } from './support/child.ts';
import { openBenchDatabase } from './support/database.ts';
import { bearer, Connection, tokenEnv, unary } from './support/grpc.ts';
import { comparePointReads, comparePointReadsUnderLoad } from './support/point-reads.ts';
import { seedProjects, seedUser } from './support/seed.ts';

const PROJECTS = 1000;

type GetById = (request: { readonly id: string }) => Promise<GetProjectResponse>;

/**
 * GetProject by a member, with authentication, authorization, validation and log, against a hand-written grpc-js
 * server with one prepared statement and none of these, which answers the same message. Up to 16 calls in flight as
 * grpc-js's own client makes them; 128 as many clients would, by a generator that leaves the processors to the servers.
 * Targets: 0.8 of its requests/s, with 128 calls in flight 1.2.
 */
export async function getProjectFigure(): Promise<void> {
  await using database = await openBenchDatabase();
  const user = await seedUser(database.client);
  const ids = await seedProjects(database.client, user, PROJECTS);
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
  await comparePointReads('get_project', sides, [
    { inFlight: 1, atLeast: 0.8 },
    { inFlight: 16, atLeast: 0.8 },
  ]);

  const requests = ids.map((id) => ({ id }));
  const loaded = {
    service,
    peer,
    method: ProjectsService.method.getProject,
    requests,
    token: await bearer(user),
  };
  await comparePointReadsUnderLoad('get_project', loaded, { inFlight: 128, atLeast: 1.2 });
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
