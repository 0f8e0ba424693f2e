import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  GetProjectRequestSchema,
  GetProjectResponseSchema,
  ProjectsService,
} from '../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { startChild } from './support/child.ts';
import { openBenchDatabase } from './support/database.ts';
import { bearer, tokenEnv } from './support/grpc.ts';
import { connectRequest, HttpConnection } from './support/http.ts';
import { comparePointReads } from './support/point-reads.ts';
import { seedProjects, seedUser } from './support/seed.ts';

const PROJECTS = 1000;
const CONNECTIONS = 128;

/**
 * GetProject through the HTTP listener, by a member, with authentication, authorization, validation and log, against a
 * bare echo of connect-node, which looks nothing up. Target: at most 25 % slower, so 0.8 of its requests/s.
 */
export async function httpListenerFigure(): Promise<void> {
  await using database = await openBenchDatabase();
  const user = await seedUser(database.client);
  const ids = await seedProjects(database.client, user, PROJECTS);
  const env = { DATABASE_URL: database.url, ...tokenEnv };
  await using service = await startChild(new URL('./support/service-process.ts', import.meta.url), env);
  await using peer = await startChild(new URL('./peers/http-listener-peer.ts', import.meta.url), env);
  using open = new DisposableStack();
  const token = String((await bearer(user)).get('authorization')[0]);
  const { method, typeName } = ProjectsService;
  const requests = ids.map((id) =>
    connectRequest(
      `/${typeName}/${method.getProject.name}`,
      toBinary(GetProjectRequestSchema, create(GetProjectRequestSchema, { id })),
      token,
    ),
  );

  /** Asks for one project after the other, over as many connections as calls are in flight. */
  const caller = async (address: string) => {
    const idle = await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => open.use(await HttpConnection.open(address))),
    );
    let next = 0;
    const call = async () => {
      const connection = idle.pop();
      if (connection === undefined) throw new Error('there are more calls than connections');
      next += 1;
      const body = await connection.send(requests[next % PROJECTS] ?? Buffer.alloc(0));
      idle.push(connection);
      return body;
    };
    const { project } = fromBinary(GetProjectResponseSchema, await call());
    if (project?.headHash !== '4f53cda18c2b') throw new Error('the answer is another one');
    return call;
  };
  await comparePointReads(
    'http_listener',
    {
      service: { call: await caller(service.ready.http ?? ''), child: service },
      peer: { call: await caller(peer.ready.http ?? ''), child: peer },
    },
    [{ inFlight: CONNECTIONS, atLeast: 0.8 }],
  );
}
