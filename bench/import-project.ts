import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { Metadata } from '@grpc/grpc-js';
import { parse } from 'yaml';
import {
  ExportProjectResponseSchema,
  ImportProjectStreamRequestSchema,
  ImportProjectStreamResponseSchema,
  ProjectsService,
} from '../src/gen/lightning/projects/v1/projects_service_pb.ts';
import { type Child, startChild } from './support/child.ts';
import { openBenchDatabase } from './support/database.ts';
import { bearer, Connection, receive, tokenEnv } from './support/grpc.ts';
import { report, rounded, timed } from './support/measure.ts';
import { seedProject, seedUser } from './support/seed.ts';

const SIZE = { bodyBytes: 1000, versions: 1 };

/**
 * ImportProjectStream of what ExportProject gives of 1,000 and of 10,000 workflows of 10 jobs of 1 kB each, as a new
 * project: MB/s from the first byte to the commit, and memory. Beside it `yaml`'s parse of the smaller one in one piece,
 * which writes nothing.
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
  await measured(connection, site, service, 'warm-up', await exported(100));
  const small = await exported(1000);
  const smallPeak = await measured(connection, site, service, 'small', small);
  const text = Buffer.concat(small).toString();
  const parseMs = await timed(async () => parse(text, { maxAliasCount: -1 }));
  report('import_project_stream_peer', {
    megabytes: rounded(text.length / 1e6),
    mb_per_second_of_yaml_parse: rounded(text.length / 1e3 / parseMs),
  });
  const largePeak = await measured(connection, site, service, 'large', await exported(10_000));
  report('import_project_stream_memory', {
    peak_mb_small: rounded(smallPeak / 1e6),
    peak_mb_large: rounded(largePeak / 1e6),
    growth_mb: rounded((largePeak - smallPeak) / 1e6),
  });
}

async function measured(
  connection: Connection,
  metadata: Metadata,
  service: Child,
  name: string,
  chunks: readonly Buffer[],
): Promise<number> {
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const before = await service.usage();
  const ms = await timed(() => send(connection, metadata, name, chunks));
  const after = await service.usage();
  report('import_project_stream', {
    document: name,
    megabytes: rounded(bytes / 1e6),
    seconds: rounded(ms / 1000),
    mb_per_second: rounded(bytes / 1e3 / ms),
    cpu_seconds: rounded(after.cpuSeconds - before.cpuSeconds),
  });
  return after.peakRssBytes;
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
