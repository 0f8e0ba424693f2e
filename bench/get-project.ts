import { randomUUID } from 'node:crypto';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import {
  type GetProjectRequest,
  GetProjectRequestSchema,
  type GetProjectResponse,
  GetProjectResponseSchema,
} from '../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { signToken } from '../src/token-settings.ts';
import { startChild } from './support/child.ts';
import { openBenchDatabase } from './support/database.ts';
import { load, median, report, rounded } from './support/measure.ts';

const PROJECTS = 1000;
const ROUNDS = 5;
const SLICE_MS = 2000;
const WARM_UP_MS = 4000;
const SECRET = 'a secret for benchmarks alone, 32 bytes long at least';

/**
 * GetProject by a member, with authentication, authorization, validation and log, against a hand-written grpc-js server
 * with one prepared statement and none of these: requests/s and CPU per request. Target: 0.8 of the peer.
 */
export async function getProjectFigure(): Promise<void> {
  await using database = await openBenchDatabase();
  const user = randomUUID();
  const ids = Array.from({ length: PROJECTS }, () => randomUUID());
  await database.client.query(`insert into users (id, email) values ('${user}', 'bench@example.org')`);
  await database.client.query(
    `with p as (insert into projects (id, name, env, head_hash) select id, 'project-' || n, 'main', '4f53cda18c2b'
       from unnest($1::uuid[]) with ordinality as new (id, n) returning id)
     insert into project_users (project_id, user_id, role) select id, '${user}', 'owner' from p`,
    [ids],
  );
  await database.client.query('vacuum analyze');

  const env = { DATABASE_URL: database.url, AUTH_JWT_SECRET: SECRET };
  await using service = await startChild(new URL('./support/service-process.ts', import.meta.url), env);
  await using peer = await startChild(new URL('./peers/get-project-peer.ts', import.meta.url), env);
  const key = { key: { secret: new TextEncoder().encode(SECRET) }, issuer: undefined, audience: undefined };
  const token = await signToken(key, { subject: user, lifetime: 3600 });
  const calls = {
    service: caller(service.ready.grpc ?? '', ids, token),
    peer: caller(peer.ready.grpc ?? '', ids),
  };
  const children = { service, peer };

  // Both sides reach their compiled code before anything counts.
  for (const side of ['service', 'peer'] as const) await load(calls[side], 64, WARM_UP_MS);
  for (const inFlight of (process.env.BENCH_INFLIGHT??'1,16,128').split(',').map(Number)) {
    const rates = { service: [] as number[], peer: [] as number[] };
    const cpu = { service: [] as number[], peer: [] as number[] };
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const side of ['service', 'peer'] as const) {
        const before = await children[side].usage();
        const result = await load(calls[side], inFlight, SLICE_MS);
        const after = await children[side].usage();
        rates[side].push(result.calls / result.seconds);
        cpu[side].push(((after.cpuSeconds - before.cpuSeconds) / result.calls) * 1e6);
      }
    }
    const ratios = rates.service.map((rate, round) => rate / (rates.peer[round] ?? Number.NaN));
    report('get_project', {
      in_flight: inFlight,
      requests_per_second: rounded(median(rates.service)),
      peer_requests_per_second: rounded(median(rates.peer)),
      ratio: rounded(median(ratios)),
      target: 0.8,
      cpu_us_per_request: rounded(median(cpu.service)),
      peer_cpu_us_per_request: rounded(median(cpu.peer)),
    });
  }
}

function caller(address: string, ids: readonly string[], token?: string): () => Promise<GetProjectResponse> {
  const client = new Client(address, credentials.createInsecure());
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  let next = 0;
  return () =>
    new Promise((resolve, reject) => {
      next += 1;
      client.makeUnaryRequest(
        '/lightning.projects.v1.ProjectsService/GetProject',
        (request: GetProjectRequest) => Buffer.from(toBinary(GetProjectRequestSchema, request)),
        (bytes: Buffer) => fromBinary(GetProjectResponseSchema, bytes),
        create(GetProjectRequestSchema, { id: ids[next % ids.length] ?? '' }),
        metadata,
        (error, response) => (error === null && response !== undefined ? resolve(response) : reject(error)),
      );
    });
}
