import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  ExportProjectResponseSchema,
  ImportProjectRequestSchema,
  ImportProjectResponseSchema,
  ProjectsService,
} from '../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { openBenchDatabase } from './support/database.ts';
import { bearer, Connection, receive, tokenEnv } from './support/grpc.ts';
import { connectRequest, HttpConnection } from './support/http.ts';
import { atLeast, interleaved, load, median, ratio, report } from './support/measure.ts';
import { seedProject, seedUser } from './support/seed.ts';

const ROUNDS = 9;
const SLICE_MS = 2000;
const WARM_UP_MS = 8000;
const CONNECTIONS = 8;
const LAST_ADAPTOR = /adaptor: .*\n(?![\s\S]*adaptor: )/;
const SIZE = { workflows: 20, bodyBytes: 1000, versions: 1 };

/**
 * Requests/s of WORKERS=2 against WORKERS=1. On two cores, which PostgreSQL and the client use too, only a load can tell
 * that costs the service far more than them: a document of 20 workflows × 10 jobs, 300 kB of YAML, in which the last job
 * has a problem. It is read and checked whole, and refused with its place. Target: 1.6 times. Beside it the same without
 * the problem, over the project that it came from, which changes nothing but reads what is stored.
 */
export async function workersFigure(): Promise<void> {
  await using database = await openBenchDatabase();
  const user = await seedUser(database.client);
  await using one = await startService(database.url, '1');
  await using two = await startService(database.url, '2');
  const authorization = String((await bearer(user)).get('authorization')[0]);
  const importing = (projectId: string, yaml: string) =>
    connectRequest(
      `/${ProjectsService.typeName}/${ProjectsService.method.importProject.name}`,
      toBinary(ImportProjectRequestSchema, create(ImportProjectRequestSchema, { projectId, yaml })),
      authorization,
    );
  const [good, bad] = [[] as Buffer[], [] as Buffer[]];
  for (let index = 0; index < CONNECTIONS; index += 1) {
    const projectId = await seedProject(database.client, user, SIZE);
    const yaml = await exported(one.grpc, projectId, user);
    good.push(importing(projectId, yaml));
    bad.push(importing(projectId, yaml.replace(LAST_ADAPTOR, 'adaptor: [1]\n')));
  }
  for (const [document, requests, check, ...target] of [
    ['with a problem', bad, refused, 1.6],
    ['that changes nothing', good, unchanged],
  ] as const) {
    const { ones, twos } = await ratesOf(one.http, two.http, requests, check);
    const gain = ratio(twos, ones);
    report(
      'workers',
      {
        document,
        connections: CONNECTIONS,
        requests_per_second_of_1: median(ones),
        requests_per_second_of_2: median(twos),
        ratio: gain,
      },
      ...target.map((bound) => atLeast('requests/s of WORKERS=2 against WORKERS=1', gain, bound)),
    );
  }
}

/** The service as `npm start` runs it, its log at level info into nothing. */
async function startService(databaseUrl: string, workers: string) {
  const addresses = { GRPC_ADDRESS: '127.0.0.1:0', HTTP_ADDRESS: '127.0.0.1:0' };
  const child = spawn(process.execPath, [fileURLToPath(new URL('../src/main.ts', import.meta.url))], {
    env: { ...process.env, ...tokenEnv, ...addresses, DATABASE_URL: databaseUrl, WORKERS: workers },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit');
  const found: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    const [, address] = /^(?:gRPC|Connect) +(?:http:\/\/)?(\S+)/.exec(line) ?? [];
    if (address !== undefined) found.push(address);
    if (found.length === 2) break;
  }
  const [grpc = '', http = ''] = found;
  return {
    grpc,
    http,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function exported(address: string, projectId: string, user: string): Promise<string> {
  using connection = new Connection(address);
  const chunks: Uint8Array[] = [];
  await receive(
    connection,
    ProjectsService.method.exportProject,
    { projectId },
    await bearer(user),
    (message) => chunks.push(fromBinary(ExportProjectResponseSchema, message).chunk),
  );
  return Buffer.concat(chunks).toString();
}

type Check = (answer: Promise<Buffer>) => Promise<void>;

/** Requests/s of both services, round by round: each request over a connection of its own, again and again. */
async function ratesOf(one: string, two: string, requests: readonly Buffer[], check: Check) {
  using open = new DisposableStack();
  const caller = async (address: string) => {
    const idle = await Promise.all(
      requests.map(async (request) => ({
        request,
        connection: open.use(await HttpConnection.open(address)),
      })),
    );
    return async () => {
      const side = idle.shift();
      if (side === undefined) throw new Error('there are more calls than connections');
      await check(side.connection.send(side.request));
      idle.push(side);
    };
  };
  const calls = [await caller(one), await caller(two)] as const;
  for (const call of calls) await load(call, CONNECTIONS, WARM_UP_MS);
  const slice = (call: () => Promise<void>) => async () => {
    const { calls, seconds } = await load(call, CONNECTIONS, SLICE_MS);
    return calls / seconds;
  };
  return await interleaved(ROUNDS, { ones: slice(calls[0]), twos: slice(calls[1]) });
}

async function refused(answer: Promise<Buffer>): Promise<void> {
  const reason = await answer.then(() => 'nothing', String);
  if (!reason.includes('DOCUMENT_INVALID')) throw new Error(`the import was refused with ${reason}`);
}

async function unchanged(answer: Promise<Buffer>): Promise<void> {
  const { unchanged } = fromBinary(ImportProjectResponseSchema, await answer);
  if (unchanged?.jobs !== 10 * SIZE.workflows) throw new Error('the import changed something');
}
