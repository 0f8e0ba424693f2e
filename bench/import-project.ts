import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { Metadata } from '@grpc/grpc-js';
import { parse } from 'yaml';
import {
  ExportProjectResponseSchema,
  ImportProjectStreamRequestSchema,
  ImportProjectStreamResponseSchema,
  ProjectsService,
} from '../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { startChild } from './support/child.ts';
import { openBenchDatabase } from './support/database.ts';
import { bearer, Connection, receive, tokenEnv } from './support/grpc.ts';
import { median, report, timed } from './support/measure.ts';
import { seedProject, seedUser } from './support/seed.ts';

const ROUNDS = 5;
const SIZE = { bodyBytes: 1000, versions: 1 };

/**
 * ImportProjectStream of what ExportProject gives of 100, 1,000 and 10,000 workflows of 10 jobs of 1 kB each, as a new
 * project: from the first byte to the commit, and memory. Beside it `yaml`'s parse of the smaller ones in one piece, which
 * writes nothing.
 */
export async function importProjectFigure(): Promise<void> {
  await using database = await openBenchDatabase();
  const user = await seedUser(database.client);
  await using service = await startChild(new URL('./support/service-process.ts', import.meta.url), {
    DATABASE_URL: database.url,
    ...tokenEnv,
  });
  using connection = new Connection(service.ready.grpc ?? '');
  const [person, site] = [await bearer(user), await bearer('bench', 'projects:admin')];
  const exported = async (workflows: number): Promise<Buffer[]> => {
    const projectId = await seedProject(database.client, user, { ...SIZE, workflows });
    const chunks: Buffer[] = [];
    await receive(connection, ProjectsService.method.exportProject, { projectId }, person, (message) =>
      chunks.push(Buffer.from(fromBinary(ExportProjectResponseSchema, message).chunk)),
    );
    return chunks;
  };
  const run = (name: string, chunks: readonly Buffer[]) => timed(() => send(connection, site, name, chunks));
  const peak = async () => (await service.usage()).peakRssBytes;
  await run('warm-up', await exported(100));
  const peaks: Record<number, number> = {};
  for (const workflows of [100, 1000, 10_000]) {
    const chunks = await exported(workflows);
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const ms: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      ms.push(await run(`import-${workflows}-${round}`, chunks));
      peaks[workflows] ??= await peak();
    }
    const values = {
      workflows,
      megabytes: bytes / 1e6,
      seconds: median(ms) / 1000,
      max_seconds: Math.max(...ms) / 1000,
      mb_per_second: bytes / 1e3 / median(ms),
    };
    if (workflows > 1000) {
      report('import_project', values);
      continue;
    }
    const text = Buffer.concat(chunks).toString();
    const parsing = await timed(async () => parse(text, { maxAliasCount: -1 }));
    report('import_project', { ...values, peer_seconds: parsing / 1000 });
  }
  const { 1000: small = Number.NaN, 10_000: large = Number.NaN } = peaks;
  report('import_project_memory', {
    peak_mb_small: small / 1e6,
    peak_mb_large: large / 1e6,
    growth_mb: (large - small) / 1e6,
  });
}

/** As fast as the service takes them. */
async function send(
  connection: Connection,
  metadata: Metadata,
  name: string,
  chunks: readonly Buffer[],
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stream = connection.makeClientStreamRequest(
    `/${ProjectsService.typeName}/ImportProjectStream`,
    (message: Buffer) => message,
    (answer: Buffer) => fromBinary(ImportProjectStreamResponseSchema, answer),
    metadata,
    (error) => (error === null ? resolve() : reject(error)),
  );
  const write = async (message: Parameters<typeof create<typeof ImportProjectStreamRequestSchema>>[1]) => {
    const encoded = toBinary(
      ImportProjectStreamRequestSchema,
      create(ImportProjectStreamRequestSchema, message),
    );
    if (!stream.write(Buffer.from(encoded)))
      await Promise.race([new Promise((drained) => stream.once('drain', drained)), promise]);
  };
  const options = { name, createMissingCredentials: true };
  await write({ part: { case: 'options', value: options } });
  for (const value of chunks) await write({ part: { case: 'chunk', value } });
  stream.end();
  await promise;
}
